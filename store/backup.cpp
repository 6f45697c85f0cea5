#include "store/backup.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "base/text.hpp"
#include "store/folder.hpp"
#include "store/mark.hpp"
#include "store/recovery.hpp"

namespace tocsin::store {

namespace fs = std::filesystem;
using base::fail;
using base::Result;

namespace {

base::Error file_error(std::string_view what, int number, const std::string& path) {
  return {number == ENOSPC ? "store-11" : "store-12",
          fmt::format("{}: {}", what, base::system_text(number)),
          {path, 0, 0}};
}

Result<void> expect_nothing_at(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(path, error);
  if (status.type() == fs::file_type::not_found) return {};
  return fail("store-25", "there is something already, and nothing is overwritten", {path, 0, 0});
}

std::string folder_of(const std::string& path) {
  const std::string parent = fs::path(path).parent_path();
  return parent.empty() ? "." : parent;
}

Result<void> sync_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = file >= 0 && ::fsync(file) == 0;
  const int reason = errno;
  if (file >= 0) ::close(file);
  if (synced) return {};
  return std::unexpected(file_error("a copy cannot be synced", reason, path));
}

// Folder by folder, each file on disk before its name is.
Result<void> copy_tree(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::create_directory(to, fs::path(from), error);
  if (error) return std::unexpected(file_error("cannot be made", error.value(), to));
  for (fs::directory_iterator entry(from, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    const std::string target = to + "/" + name;
    if (entry->is_directory()) {
      TRY_VOID(copy_tree(entry->path(), target));
    } else if (entry->is_regular_file() && name != "lock") {
      std::error_code copying;
      fs::copy_file(entry->path(), target, copying);
      if (copying) return std::unexpected(file_error("cannot be copied", copying.value(), target));
      TRY_VOID(sync_file(target));
    }
  }
  if (error) return std::unexpected(file_error("cannot be read", error.value(), from));
  return sync_names(to);
}

// What was copied in part goes.
Result<void> copy_whole(const std::string& from, const std::string& to) {
  const std::string partial = to + ".partial";
  std::error_code error;
  fs::remove_all(partial, error);
  auto copied = copy_tree(from, partial);
  if (copied && std::rename(partial.c_str(), to.c_str()) != 0)
    copied = std::unexpected(file_error("cannot be given its name", errno, to));
  if (copied) return sync_names(folder_of(to));
  fs::remove_all(partial, error);
  return copied;
}

}  // namespace

std::string snapshot_path(const std::string& store) { return store + "/snapshot"; }

Result<void> make_snapshot(const Database& database, const std::string& store) {
  const std::string folder = snapshot_path(store);
  std::error_code error;
  fs::remove_all(folder, error);
  fs::create_directory(folder, fs::path(store), error);
  if (error) return std::unexpected(file_error("cannot be made", error.value(), folder));
  TRY_VOID(database.copy_to(database_path(folder)));
  TRY(const auto copy,
      Database::open(database_path(folder), DatabaseOptions(), Database::Access::read_only));
  TRY(const auto bytes, copy->get(Space::state, key::totals));
  if (!bytes) return fail("store-23", "a copy of the store holds no totals", {folder, 0, 0});
  TRY(const Totals totals, decode_totals(*bytes));
  TRY(MarkFile mark, MarkFile::open(mark_path(folder)));
  const Position position{totals.commit, event::Seq(totals.next_seq.value - 1)};
  for (int slot = 0; slot < 2; ++slot) TRY_VOID(mark.write({position, true, true}));
  return sync_names(folder);
}

Result<void> take_snapshot(const std::string& store, const std::string& backup) {
  TRY_VOID(expect_nothing_at(backup));
  const std::string snapshot = snapshot_path(store);
  if (std::rename(snapshot.c_str(), backup.c_str()) == 0) return sync_names(folder_of(backup));
  if (errno != EXDEV && errno != EACCES && errno != EPERM)
    return std::unexpected(file_error("the backup cannot be made", errno, backup));
  TRY_VOID(copy_whole(snapshot, backup));
  std::error_code error;
  fs::remove_all(snapshot, error);  // the next one removes what is left
  return {};
}

Result<void> restore(const std::string& backup, const std::string& store) {
  TRY_VOID(Folder::inspect(backup));
  if (is_locked(backup)) {
    return fail("store-2", "a process writes to this store: make a backup of it first",
                {backup, 0, 0});
  }
  // An empty folder is where a package or an operator prepared the place.
  std::error_code error;
  if (!fs::is_directory(store, error) || !fs::is_empty(store, error) || error) {
    TRY_VOID(expect_nothing_at(store));
  } else if (::rmdir(store.c_str()) != 0) {
    return std::unexpected(file_error("the empty folder cannot be replaced", errno, store));
  }
  return copy_whole(backup, store);
}

}  // namespace tocsin::store
