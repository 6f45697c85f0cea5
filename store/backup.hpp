// Copies of a store: a snapshot of one that is open, a backup made of it, and the way back.
// Path:      Store::snapshot() -> take_snapshot() -> the folder of a backup -> restore()
// Threads:   pure functions
// Errors:    store-25 something is there already: nothing is overwritten; those of files (store-12)
// Tested by: tests/store/backup_test.cpp, tests/e2e/backup_test.py
#pragma once

#include <string>

#include "base/error.hpp"
#include "store/database.hpp"
#include "store/options.hpp"

namespace tocsin::store {

// <store>/snapshot: where an open store puts a copy of itself, of hard links where possible, so
// that it costs neither time nor space. The one of before goes.
[[nodiscard]] std::string snapshot_path(const std::string& store);
[[nodiscard]] base::Result<void> make_snapshot(const Database& database, const std::string& store);
// Makes the snapshot a folder of its own: by its name where that is possible, else as copies that
// are on disk when this returns.
[[nodiscard]] base::Result<void> take_snapshot(const std::string& store, const std::string& backup);
// Makes a store of a backup, which stays as it is. Whether that is whole is for check_store() to
// say.
[[nodiscard]] base::Result<void> restore(const std::string& backup, const std::string& store);

}  // namespace tocsin::store
