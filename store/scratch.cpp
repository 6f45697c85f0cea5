#include "store/scratch.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "store/records.hpp"

namespace tocsin::store {

namespace {

constexpr std::size_t piece = std::size_t{1} << 20U;
constexpr std::size_t long_way = 1024;  // entries from which on reading ahead pays

}  // namespace

base::Result<std::unique_ptr<Scratch>> Scratch::open() {
  const char* parent = std::getenv("TMPDIR");
  std::string folder = (parent != nullptr && *parent != '\0' ? parent : "/tmp");
  folder += "/tocsin-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) {
    return base::fail("store-12",
                      fmt::format("no folder for what memory has no room for can be made: {}",
                                  std::strerror(errno)),
                      {folder, 0, 0});
  }
  std::unique_ptr<Scratch> scratch(new Scratch(std::move(folder)));
  DatabaseOptions options;
  options.log = false;
  options.cache = std::size_t{8} << 20U;
  options.open_files = 256;
  TRY(scratch->database_,
      Database::open(scratch->folder_ + "/db", options, Database::Access::create));
  return scratch;
}

Scratch::~Scratch() {
  database_.reset();
  std::error_code ignored;  // nobody can do anything about it
  std::filesystem::remove_all(folder_, ignored);
}

void Scratch::put(std::string_view key, std::string_view value) {
  if (value.empty()) return remove(key);
  changes_.put(Space::state, key, value);
  note(key.size() + value.size());
}

void Scratch::remove(std::string_view key) {
  changes_.remove(Space::state, key);
  note(key.size());
}

void Scratch::remove_prefix(std::string_view prefix) {
  changes_.remove_range(Space::state, prefix, key::after(prefix));
  note(prefix.size());
}

void Scratch::note(std::size_t bytes) {
  bytes_ += bytes;
  if (bytes_ >= piece) write();
}

void Scratch::write() {
  if (auto written = database_->write(changes_); !written && !error_)
    error_ = std::move(written).error();
  changes_.clear();
  bytes_ = 0;
}

base::Result<void> Scratch::flush() {
  if (!changes_.empty()) write();
  if (auto error = std::exchange(error_, std::nullopt)) return std::unexpected(*std::move(error));
  return {};
}

base::Result<std::optional<std::string>> Scratch::get(std::string_view key) const {
  return database_->get(Space::state, key);
}

base::Result<std::vector<std::optional<std::string>>> Scratch::get_many(
    const std::vector<std::string>& keys) const {
  return database_->get_many(Space::state, keys);
}

base::Result<void> Scratch::scan(std::string_view begin, std::string_view end, std::size_t limit,
                                 const event::StateReader& each) const {
  Cursor cursor = database_->cursor(Space::state, end, limit > long_way);
  for (cursor.seek(begin); cursor.valid() && limit > 0; cursor.next(), --limit)
    TRY_VOID(each(cursor.key(), cursor.value()));
  return cursor.status();
}

}  // namespace tocsin::store
