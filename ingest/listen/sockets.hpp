// Opens the sockets that inputs read from, or takes over those that systemd opened.
// Path:      options -> a bound, non-blocking descriptor
// Units:     bytes
// Threads:   pure functions but for the process's descriptors and environment
// Errors:    ingest-105 address in use, ingest-106 not permitted, ingest-107 no such address,
//            ingest-108 another failure, ingest-110 an inherited socket of another kind; each names
//            the input and says what to do
// Source:    sd_listen_fds(3): LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES; descriptors from 3 on
// Tested by: tests/ingest/listen/sockets_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "ingest/listen/byte_source.hpp"
#include "ingest/listen/options.hpp"

namespace tocsin::ingest {

struct InheritedSocket {
  std::string name;
  Descriptor fd;
};
// Takes the sockets that systemd handed to this process and forgets the variables, so that neither
// a second call nor a child takes them again.
[[nodiscard]] std::vector<InheritedSocket> take_inherited_sockets();

// The file of a Unix socket, removed with its owner unless somebody else's stands there by then.
struct SocketFile {
  std::string path;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;

  SocketFile() = default;
  SocketFile(std::string at, std::uint64_t on_device, std::uint64_t number)
      : path(std::move(at)), device(on_device), inode(number) {}
  SocketFile(SocketFile&& other) noexcept;
  SocketFile& operator=(SocketFile&& other) noexcept;
  ~SocketFile();
};

struct OpenSocket {
  Descriptor fd;
  std::uint16_t port = 0;          // of the Internet families
  std::size_t receive_buffer = 0;  // bytes granted
  SocketFile file;
};

// For type udp, tcp, unix-datagram, unix-stream. One of `inherited` that has the input's name is
// used in place of a new one; it stays open there too, so that nothing is lost over a reload.
[[nodiscard]] base::Result<OpenSocket> open_socket(const InputOptions& options,
                                                   const std::vector<InheritedSocket>& inherited);

// Datagrams dropped by the kernel since the socket was made; nothing where the kernel does not say.
[[nodiscard]] std::optional<std::uint32_t> kernel_drops(int fd);

}  // namespace tocsin::ingest
