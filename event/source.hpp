// Where frames come from: an input of the configuration and its peer, or a file.
// Threads:   SourceTable: one thread adds (the one that numbers frames), any thread reads a row
// that it was given Tested by: tests/event/source_test.cpp
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/hash.hpp"
#include "base/ids.hpp"

namespace tocsin::event {

using SourceId = base::Id<struct SourceTag, std::uint32_t>;

enum class Transport : std::uint8_t {
  file,
  udp,
  tcp,
  unix_datagram,
  unix_stream,
  journald,
  stdin_,
  internal
};
[[nodiscard]] std::string_view name_of(Transport transport);

// What decode must know of a source besides the bytes; constant for the source's life and recorded
// in the log.
struct Source {
  std::string input;  // name of the input in the configuration, or the file's path
  // Address of the sender as we saw it; empty for files. Never what the sender claims.
  std::string peer;
  Transport transport = Transport::file;
  std::string zone = "UTC";  // for times without one: an IANA name or +HH:MM
  // A time without a year lies in the year that begins here (ns); 0 = nearest to its reception.
  std::int64_t year_from = 0;
  std::string format = "auto";  // auto, syslog, json, audit: what the operator forced
  bool authenticated = false;   // the peer proved who it is

  bool operator==(const Source&) const = default;
};

// Of the records that Tocsin makes of what was done to it. No input can have this source.
[[nodiscard]] Source own_source();

// Append-only; row 0 is "internal" (records that Tocsin makes). A reference stays valid for the
// table's life.
class SourceTable {
 public:
  SourceTable();
  // The row that equals `source`, added when there is none.
  SourceId intern(const Source& source);
  [[nodiscard]] const Source& operator[](SourceId id) const;
  [[nodiscard]] std::size_t size() const;

 private:
  mutable std::mutex mutex_;
  std::deque<Source> rows_;
  std::unordered_map<std::string, SourceId, base::TextHash, std::equal_to<>> ids_;
};

}  // namespace tocsin::event
