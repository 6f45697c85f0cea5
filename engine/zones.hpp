// The rules of time zones as they were when a log was judged: kept with the epoch, so that verify
// does not depend on the tzdata of the day.
// Path:      names of zones -> zone files -> FoldOptions, epoch -> decoders
// Threads:   pure functions, but for reading files
// Errors:    ingest-1 a name that is no zone
// Source:    DESIGN section 1: what shapes the result besides the frames
// Tested by: tests/engine/zones_test.cpp, tests/e2e/retention_test.py
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/yaml.hpp"
#include "ingest/syslog/zone.hpp"

namespace tocsin::engine {

// The files of these zones, each once, in the order of their names. UTC, offsets and POSIX strings
// need none.
[[nodiscard]] base::Result<std::vector<base::SourceText>> read_zones(
    std::vector<std::string> names, const ingest::ZoneReader& read = ingest::read_system_zone);

// Gives the bytes of these, and of no other file.
[[nodiscard]] ingest::ZoneReader zone_reader(std::vector<base::SourceText> zones);

}  // namespace tocsin::engine
