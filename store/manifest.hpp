// A power cut can leave the last record of RocksDB's list of files half written, with zeros where
// its pages never reached the disk. RocksDB takes that for damage and refuses the whole store,
// although nothing relied on the record: it is synced before it counts.
// Path:      store/ledger, before the database is opened for writing
// Threads:   one
// Errors:    store-12 the file cannot be read or cut
// Source:    RocksDB's log format: blocks of 32 KiB, records of checksum (4), size (2), kind (1)
// Tested by: tests/store/manifest_test.cpp, tests/crash/store_fault_test.cpp
#pragma once

#include <string>

#include "base/error.hpp"

namespace tocsin::store {

// Cuts such a record off and says so. Anything else that is wrong stays for the database to judge:
// wrong bytes with others than zeros behind them are damage.
[[nodiscard]] base::Result<bool> cut_unfinished_record(const std::string& database);

}  // namespace tocsin::store
