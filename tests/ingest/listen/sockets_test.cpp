#include "ingest/listen/sockets.hpp"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <fstream>

#include "tests/ingest/listen/live_inputs.hpp"

namespace tocsin::ingest {
namespace {

TEST(SocketsTest, AnAddressInUseIsAnErrorWithAHint) {
  for (const char* type : {"udp", "tcp"}) {
    InputOptions options = input("first", type);
    const auto first = open_socket(options, {});
    ASSERT_TRUE(first) << to_string(first.error());
    EXPECT_NE(first->port, 0);
    options.name = "second";
    options.port = first->port;
    const auto second = open_socket(options, {});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, "ingest-105");
    EXPECT_EQ(second.error().origin.name, "input second");
    EXPECT_NE(second.error().sentence.find(std::to_string(first->port)), std::string::npos);
    EXPECT_NE(second.error().sentence.find("another program"), std::string::npos);
  }
}

TEST(SocketsTest, AddressesThatAreNone) {
  InputOptions options = input("a", "udp");
  for (const char* address : {"localhost", "192.0.2.300", "", "::g"}) {
    options.address = address;
    EXPECT_EQ(open_socket(options, {}).error().code, "ingest-107") << address;
  }
  options.address = "192.0.2.1";  // valid, but of no interface here
  EXPECT_EQ(open_socket(options, {}).error().code, "ingest-107");
}

TEST(SocketsTest, IPv6) {
  InputOptions options = input("a", "tcp");
  options.address = "::1";
  const auto socket = open_socket(options, {});
  if (std::ifstream("/proc/net/if_inet6").peek() == std::ifstream::traits_type::eof()) {
    // The kernel has no address of this kind: that is told as any other that is not here.
    ASSERT_FALSE(socket);
    EXPECT_EQ(socket.error().code, "ingest-107");
    return;
  }
  ASSERT_TRUE(socket) << to_string(socket.error());
  EXPECT_TRUE(Client::inet(SOCK_STREAM, socket->port, "::1").connected());
}

TEST(SocketsTest, TheReceiveBufferGrantedIsReported) {
  InputOptions options = input("a", "udp");
  options.receive_buffer = 100'000;
  const auto socket = open_socket(options, {});
  ASSERT_TRUE(socket);
  EXPECT_GE(socket->receive_buffer, 100'000U);
  ASSERT_TRUE(kernel_drops(socket->fd.get()));
  EXPECT_EQ(*kernel_drops(socket->fd.get()), 0U);
}

TEST(SocketsTest, UnixSocketsHaveTheRightsAskedFor) {
  const TemporaryFolder folder;
  for (const char* type : {"unix-datagram", "unix-stream"}) {
    InputOptions options = input("a", type);
    options.path = {folder / "log"};
    options.socket_mode = "0620";
    {
      const auto socket = open_socket(options, {});
      ASSERT_TRUE(socket) << to_string(socket.error());
      struct stat status{};
      ASSERT_EQ(::lstat((folder / "log").c_str(), &status), 0);
      EXPECT_TRUE(S_ISSOCK(status.st_mode));
      EXPECT_EQ(status.st_mode & 07777U, 0620U);
    }
    EXPECT_FALSE(std::filesystem::exists(folder / "log"));  // its own file goes with it
  }
}

TEST(SocketsTest, OnlyASocketThatNobodyListensOnIsReplaced) {
  const TemporaryFolder folder;
  InputOptions options = input("a", "unix-stream");
  options.path = {folder / "log"};
  // Left behind by a process that died.
  {
    const Descriptor dead(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, options.path[0].c_str());
    ASSERT_EQ(::bind(dead.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  auto socket = open_socket(options, {});
  ASSERT_TRUE(socket) << to_string(socket.error());
  // Now somebody listens.
  const auto second = open_socket(options, {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "ingest-105");
  EXPECT_TRUE(Client::unix_socket(SOCK_STREAM, options.path[0]).connected());
  // A file is never removed.
  options.path = {folder / "file"};
  write_file(folder / "file", "precious");
  EXPECT_EQ(open_socket(options, {}).error().code, "ingest-105");
  EXPECT_EQ(std::filesystem::file_size(folder / "file"), 8U);
  // Nor one that took the place of ours.
  std::filesystem::remove(folder / "log");
  write_file(folder / "log", "precious");
  socket = base::fail("x", "y");
  EXPECT_TRUE(std::filesystem::exists(folder / "log"));
}

TEST(SocketsTest, UnixPathsThatCannotBe) {
  InputOptions options = input("a", "unix-datagram");
  options.path = {std::string(200, 'x')};
  EXPECT_EQ(open_socket(options, {}).error().code, "ingest-108");
  options.path = {"/nonexistent/folder/log"};
  EXPECT_EQ(open_socket(options, {}).error().code, "ingest-108");
}

TEST(SocketsTest, AnInheritedSocketOfTheInputsNameIsUsed) {
  const auto original = open_socket(input("x", "udp"), {});
  ASSERT_TRUE(original);
  std::vector<InheritedSocket> inherited;
  inherited.push_back({"dmz", Descriptor(::dup(original->fd.get()))});
  const auto taken = open_socket(input("dmz", "udp"), inherited);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->port, original->port);
  const auto again = open_socket(input("dmz", "udp"), inherited);  // after a reload
  ASSERT_TRUE(again);
  EXPECT_EQ(again->port, original->port);
  EXPECT_EQ(open_socket(input("dmz", "tcp"), inherited).error().code, "ingest-110");
  EXPECT_NE(open_socket(input("other", "udp"), inherited)->port, original->port);
}

// In a child, because the protocol is about descriptor 3 and the process's own number.
TEST(SocketsTest, SocketsFromSystemd) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    int code = 1;
    const int udp = ::socket(AF_INET, SOCK_DGRAM, 0);
    const int tcp = ::socket(AF_INET, SOCK_STREAM, 0);
    ::dup2(udp, 13);
    ::dup2(tcp, 14);
    ::dup2(13, 3);
    ::dup2(14, 4);
    ::setenv("LISTEN_FDS", "2", 1);
    ::setenv("LISTEN_FDNAMES", "dmz:inside", 1);
    ::setenv("LISTEN_PID", "1", 1);
    if (take_inherited_sockets().empty()) {
      ::setenv("LISTEN_FDS", "2", 1);
      ::setenv("LISTEN_FDNAMES", "dmz:inside", 1);
      ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
      const auto sockets = take_inherited_sockets();
      const bool right = sockets.size() == 2 && sockets[0].name == "dmz" &&
                         sockets[0].fd.get() == 3 && sockets[1].name == "inside" &&
                         (::fcntl(3, F_GETFD) & FD_CLOEXEC) != 0;
      code = right && take_inherited_sockets().empty() && ::getenv("LISTEN_FDS") == nullptr ? 0 : 2;
    }
    ::_exit(code);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace tocsin::ingest
