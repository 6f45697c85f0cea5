// Says whether an opened database is as long as its high-water mark promises.
// Path:      store/ledger, before any file is changed
// Threads:   pure functions
// Errors:    store-4 written in another format, store-5 shorter than its mark, store-10 damaged
// Source:    RocksDB recovers up to the first fault of its log and hides what lay behind; only the
//            mark knows what must be there
// Tested by: tests/store/recovery_test.cpp, tests/crash/store_crash_test.cpp
#pragma once

#include <cstdint>
#include <string>

#include "base/error.hpp"
#include "store/database.hpp"
#include "store/mark.hpp"
#include "store/records.hpp"

namespace tocsin::store {

inline constexpr std::uint64_t format_version = 3;

// What a new database begins with.
void write_beginning(Changes& changes);

// Format, totals and the last block, compared with each other and with the mark. Cost: three reads.
[[nodiscard]] base::Result<Totals> check_log(const Database& database, const Mark& mark,
                                             const std::string& path);

// Opens read-only, checks, closes: no file is changed.
[[nodiscard]] base::Result<void> check_before_open(const std::string& folder,
                                                   const DatabaseOptions& options,
                                                   const Mark& mark);

// Opens read-only while another process may write: again, when files went while it was opened.
[[nodiscard]] base::Result<std::unique_ptr<Database>> open_beside(const std::string& folder,
                                                                  const DatabaseOptions& options);

}  // namespace tocsin::store
