// What shaped results from which frame on: the packs and options that the store keeps beside its
// log.
// Path:      today's packs -> epoch record; epoch record -> the pipeline of that time
// Threads:   one
// Errors:    engine-5 an epoch that cannot be built any more; the store's own
// Source:    DESIGN section 1
// Tested by: tests/engine/epochs_test.cpp, tests/e2e/replay_test.py
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "engine/options.hpp"
#include "engine/packs.hpp"
#include "engine/pipeline.hpp"
#include "store/store.hpp"

namespace tocsin::engine {

// Changes whenever the same log, packs and options may give other alerts than before.
inline constexpr std::string_view engine_version = "1";

// Packs, options and what was compiled from them.
struct Setup {
  PackTexts packs;
  FoldOptions fold;
  std::shared_ptr<const Pipeline> pipeline;
};

// The record that says `setup` holds from frame `from` on.
[[nodiscard]] store::NewEpoch epoch_record(const Setup& setup, event::Seq from);
// Whether the epoch says the same as `setup`.
[[nodiscard]] bool same_epoch(const store::Epoch& epoch, const Setup& setup);
// Whether both give the same alerts: what packs are called does not matter.
[[nodiscard]] bool same_setup(const Setup& a, const Setup& b);
// Packs and options of a stored epoch, not compiled.
[[nodiscard]] base::Result<Setup> read_epoch(const store::Store& store, const store::Epoch& epoch);
// The setup of a stored epoch; nothing but the store is read.
[[nodiscard]] base::Result<Setup> load_epoch(const store::Store& store, const store::Epoch& epoch);

}  // namespace tocsin::engine
