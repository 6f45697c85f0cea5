// Log files through the whole pipeline: alerts out, and a store behind it when one is wanted.
// Path:      files -> FileFeed -> Stages -> Sequence -> ReplayListener (and store)
// Units:     ns, bytes
// Threads:   uses `threads` threads while it runs; the listener is called by one at a time
// Errors:    files that cannot be read, a zone that is none (ingest-N), the store's; what was read
//            before stays
// Tested by: tests/engine/replay_test.cpp, tests/e2e/replay_test.py
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "engine/epochs.hpp"
#include "engine/file_feed.hpp"
#include "engine/sequence.hpp"
#include "store/options.hpp"

namespace tocsin::engine {

struct ReplayOptions {
  FileFeedOptions files;
  std::size_t threads = 1;
  std::size_t shards = 0;  // of correlation; 0: as the threads allow
  std::string store;       // folder; empty: nothing is kept
  store::StoreOptions store_options;
};

struct ReplayStats {
  std::uint64_t events = 0;
  std::uint64_t decoded = 0;
  std::uint64_t detections = 0;
  std::uint64_t alerts = 0;
  std::uint64_t lockouts = 0;
  std::uint64_t late = 0;
  std::uint64_t window_bytes = 0;    // the most that windows took
  std::uint64_t groups_spilled = 0;  // left memory, each time counted
  std::uint64_t groups_read_back = 0;
  std::uint64_t resumed_after = 0;  // frames that an earlier run had stored
};

struct ReplayProgress {
  std::uint64_t events = 0;
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_total = 0;
};

class ReplayListener {
 public:
  virtual ~ReplayListener() = default;
  // In order of (seq, rule).
  virtual void on_detection(const rules::Rule&, event::Seq) {}
  // In order of firing, once nothing can change the alert any more.
  virtual void on_alert(const event::Alert&) {}
  virtual void on_lockout(const event::Lockout&) {}
  // After each batch.
  virtual void on_progress(const ReplayProgress&) {}
};

struct ReplayResult {
  ReplayStats stats;
  base::Errors file_errors;  // files that ended before their end
};

[[nodiscard]] base::Result<ReplayResult> replay(const Setup& setup, const ReplayOptions& options,
                                                ReplayListener& listener, const base::Clock& clock);

}  // namespace tocsin::engine
