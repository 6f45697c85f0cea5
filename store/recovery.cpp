#include "store/recovery.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <thread>

#include "base/varint.hpp"
#include "store/folder.hpp"

namespace tocsin::store {

namespace {

using base::fail;
using base::Result;

Result<void> shorter(const std::string& path, std::string_view what) {
  return fail(
      "store-5",
      fmt::format("the store is shorter than what had been promised to be safe: {}; nothing "
                  "was changed; `tocsin store salvage` saves what is there and says what "
                  "is lost",
                  what),
      {path, 0, 0});
}

Result<void> check_last_block(const Database& database, const Totals& totals,
                              const std::string& path) {
  Cursor cursor = database.cursor(Space::blocks);
  cursor.seek_back(std::string(8, '\xff'));
  TRY_VOID(cursor.status());
  if (!cursor.valid()) {
    if (totals.first_seq == totals.next_seq) return {};
    return shorter(path, "all blocks of the log are missing");
  }
  TRY(const BlockInfo last, block_info(cursor.value()));
  if (last.first_seq == key::block_seq(cursor.key()) && last.end() == totals.next_seq) return {};
  // Retention may have emptied the log: what is seen then is a block it removed.
  return shorter(path, fmt::format("the log should end at frame {} and ends at {}",
                                   totals.next_seq.value - 1, last.end().value - 1));
}

// What changes when files of the database come or go: the name and the size of its manifest.
std::string fingerprint(const std::string& database) {
  std::array<char, 64> name{};
  const int file = ::open((database + "/CURRENT").c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  const ssize_t size = ::read(file, name.data(), name.size());
  ::close(file);
  std::string manifest(name.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  while (!manifest.empty() && manifest.back() == '\n') manifest.pop_back();
  struct stat info{};
  if (::stat((database + "/" + manifest).c_str(), &info) != 0) return {};
  return fmt::format("{} {}", manifest, info.st_size);
}

}  // namespace

void write_beginning(Changes& changes) {
  std::string format;
  base::put_varint(format, format_version);
  changes.put(Space::state, key::format, format);
  changes.put(Space::state, key::totals, encode(Totals()));
}

Result<Totals> check_log(const Database& database, const Mark& mark, const std::string& path) {
  TRY(const auto format, database.get(Space::state, key::format));
  if (!format) {
    TRY_VOID(shorter(path, "its record of the format is missing"));
  }
  base::VarintReader reader(*format);
  const std::uint64_t version = reader.number();
  if (!reader.ok() || version == 0) {
    return fail("store-10", "the store's record of its format is damaged", {path, 0, 0});
  }
  if (version != format_version) {
    return fail(
        "store-4",
        fmt::format("the store was written by {} version of tocsin (format {}, this one "
                    "reads {}); nothing was changed",
                    version > format_version ? "a newer" : "an older", version, format_version),
        {path, 0, 0});
  }
  TRY(const auto bytes, database.get(Space::state, key::totals));
  if (!bytes) {
    TRY_VOID(shorter(path, "its record of totals is missing"));
  }
  TRY(const Totals totals, decode_totals(*bytes));
  if (totals.commit < mark.position.commit || totals.next_seq <= mark.position.seq) {
    TRY_VOID(shorter(
        path, fmt::format("commit {} and frame {} were safe, but it ends at commit {} and frame {}",
                          mark.position.commit, mark.position.seq.value, totals.commit,
                          totals.next_seq.value - 1)));
  }
  TRY_VOID(check_last_block(database, totals, path));
  return totals;
}

Result<void> check_before_open(const std::string& folder, const DatabaseOptions& options,
                               const Mark& mark) {
  TRY(auto database, Database::open(database_path(folder), options, Database::Access::read_only));
  TRY_VOID(check_log(*database, mark, folder));
  return database->close();
}

Result<std::unique_ptr<Database>> open_beside(const std::string& folder,
                                              const DatabaseOptions& options) {
  const std::string path = database_path(folder);
  DatabaseOptions all_open = options;
  all_open.open_files = -1;  // a file that is open can be read after it was removed
  constexpr int tries = 20;
  for (int attempt = 1;; ++attempt) {
    const std::string before = fingerprint(path);
    auto database = Database::open(path, all_open, Database::Access::read_only);
    // A log that was removed meanwhile is in a file only if the manifest is the same as before.
    const bool unchanged = !before.empty() && before == fingerprint(path);
    if (database && unchanged) return database;
    if (attempt == tries) {
      // What seems damaged may just be a file that was replaced while this looked for it.
      if (!database && unchanged) return database;
      return fail("store-7", "the store changes faster than it can be opened for reading",
                  {folder, 0, 0});
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10 * attempt));
  }
}

}  // namespace tocsin::store
