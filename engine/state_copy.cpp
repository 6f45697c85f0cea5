#include "engine/state_copy.hpp"

#include <fmt/format.h>

#include <utility>

namespace tocsin::engine {

base::Result<void> StateCopy::load_into(Sequence& sequence) const {
  for (const auto& [key, value] : entries_) {
    if (key.starts_with(warming_prefix)) continue;
    TRY_VOID(sequence.load(key, value));
  }
  return sequence.loaded();
}

StateCopy StateCopy::take(std::string_view prefix) {
  StateCopy taken;
  auto at = entries_.lower_bound(prefix);
  while (at != entries_.end() && at->first.starts_with(prefix)) {
    taken.entries_.emplace(at->first.substr(prefix.size()), std::move(at->second));
    at = entries_.erase(at);
  }
  return taken;
}

void StateCopy::add(std::string_view prefix, const StateCopy& other) {
  for (const auto& [key, value] : other.entries_)
    entries_.insert_or_assign(std::string(prefix) + key, value);
}

base::Result<StateCopy> read_checkpoint(const store::Store& store) {
  StateCopy state;
  TRY_VOID(store.read_state(
      [&state](std::string_view key, std::string_view value) -> base::Result<void> {
        state.put(key, value);
        return {};
      }));
  return state;
}

base::Result<void> read_anchor(const store::Store& store, StateCopy& out) {
  TRY(const auto anchor, store.anchor());
  if (!anchor) return {};
  if (anchor->state == 0) {
    return base::fail("engine-10",
                      fmt::format("the log begins with frame {}, and nobody knows any more what "
                                  "the frames before it had caused: not comparable",
                                  anchor->first_seq.value));
  }
  return store.read_anchor_state(
      [&out](std::string_view key, std::string_view value) -> base::Result<void> {
        out.put(key, value);
        return {};
      });
}

base::Result<std::unique_ptr<Sequence>> make_sequence(const Setup& setup,
                                                      const event::SourceTable& sources,
                                                      const StateCopy& state) {
  auto sequence = std::make_unique<Sequence>(setup.pipeline, sources, setup.fold);
  TRY_VOID(state.load_into(*sequence));
  return sequence;
}

}  // namespace tocsin::engine
