// Reads the systemd journal: the log of a machine that has no other.
// Path:      journal entries -> frames, one JSON object an entry, with the cursor to commit
// Units:     bytes; __REALTIME_TIMESTAMP in microseconds since 1970Z, as journalctl -o json has it
// Threads:   the inputs' thread
// Errors:    creation: ingest-111, the journal cannot be opened. Afterwards a damaged entry is
//            skipped and counted; a cursor that is gone sets Anomaly::journal_gap on the next entry
// Source:    sd-journal(3), systemd.journal-fields(7)
// Tested by: tests/ingest/listen/journal_input_test.cpp
#pragma once

#include <memory>

#include "ingest/listen/input.hpp"

namespace tocsin::ingest {

// The system's journal, or that of the folder or file in options.path. Every value is a string, as
// the journal has it; fields that no rule needs are left out. Without a cursor it begins with the
// oldest entry, or with the next one (options.from_begin).
[[nodiscard]] base::Result<std::unique_ptr<Input>> make_journal_input(const InputOptions& options,
                                                                      const InputPlace& place);

// The key under which the cursor is committed.
[[nodiscard]] std::string journal_key(const std::string& input);

}  // namespace tocsin::ingest
