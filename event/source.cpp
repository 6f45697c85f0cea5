#include "event/source.hpp"

#include <fmt/format.h>

#include <array>

#include "base/check.hpp"

namespace tocsin::event {

std::string_view name_of(Transport transport) {
  constexpr std::array<std::string_view, 8> names = {
      "file", "udp", "tcp", "unix-datagram", "unix-stream", "journald", "stdin", "internal"};
  return names[static_cast<std::size_t>(transport)];
}

namespace {

// The unit separator stands in no path, name or address that the system or the configuration gives.
std::string key_of(const Source& source) {
  return fmt::format("{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}", source.input, source.peer,
                     static_cast<int>(source.transport), source.zone, source.year_from,
                     source.format, source.authenticated);
}

}  // namespace

Source own_source() {
  Source own;
  own.input = "tocsin";
  own.transport = Transport::internal;
  own.format = "json";
  return own;
}

SourceTable::SourceTable() {
  Source internal;
  internal.input = "tocsin";
  internal.transport = Transport::internal;
  intern(internal);
}

SourceId SourceTable::intern(const Source& source) {
  const std::lock_guard lock(mutex_);
  const auto [place, added] =
      ids_.try_emplace(key_of(source), SourceId(static_cast<std::uint32_t>(rows_.size())));
  if (added) rows_.push_back(source);
  return place->second;
}

const Source& SourceTable::operator[](SourceId id) const {
  const std::lock_guard lock(mutex_);
  CHECK(id.value < rows_.size(), "a source id from another table");
  return rows_[id.value];
}

std::size_t SourceTable::size() const {
  const std::lock_guard lock(mutex_);
  return rows_.size();
}

}  // namespace tocsin::event
