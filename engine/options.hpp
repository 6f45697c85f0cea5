// What an operator can set of the engine, and the options that shape results.
// Threads:   values
// Errors:    engine-3 stored options that cannot be read back
// Tested by: tests/engine/options_test.cpp, tests/e2e/replay_test.py
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/options.hpp"
#include "base/time.hpp"
#include "base/yaml.hpp"
#include "correlate/options.hpp"
#include "ingest/options.hpp"
#include "respond/options.hpp"

namespace tocsin::engine {

struct EngineOptions {
  std::size_t threads = 0;
  std::size_t shards = 0;
  base::Nanoseconds checkpoint_interval = std::chrono::seconds(10);
  base::Nanoseconds upkeep_interval = std::chrono::seconds(10);
  // What engine/source_watch.hpp warns of.
  base::Nanoseconds skew_warning = std::chrono::seconds(60);
  std::int64_t silence_factor = 10;
  base::Nanoseconds silence_least = std::chrono::minutes(1);
  std::size_t watched_sources = 4096;
  bool audit_trail = true;
};
[[nodiscard]] std::span<const base::Option<EngineOptions>> engine_option_rows();
// Into how many parts correlation is shared out, as it was asked for or as the threads allow.
[[nodiscard]] std::uint32_t shards_of(std::size_t asked, std::size_t threads);

// Whatever, besides the frames and the packs, decides what the fold gives. Kept in the store with
// each epoch, so that verify uses what was in force and not what is configured today.
struct FoldOptions {
  correlate::Options correlate;
  respond::LockoutOptions lockout;
  ingest::SyslogOptions syslog;
  // Into how many parts, by group, correlation is shared out. Changes no result: no part of
  // fold_text() either.
  std::uint32_t shards = 1;
  // The zone files that sources need, by name (engine/zones.hpp): not today's, which an update of
  // the system may have changed. No option, and not part of fold_text().
  std::vector<base::SourceText> zones;
};
[[nodiscard]] std::string fold_text(const FoldOptions& options);
[[nodiscard]] base::Result<FoldOptions> parse_fold(const base::SourceText& text);

}  // namespace tocsin::engine
