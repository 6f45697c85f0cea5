// A fold's state in memory, on its way from one pipeline to the next.
// Path:      Sequence or store -> StateCopy -> Sequence
// Threads:   one
// Errors:    what the sequence finds damaged (engine-7, correlate-2, correlate-3); engine-10 the
//            log begins where no state is known
// Tested by: tests/engine/state_copy_test.cpp
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "engine/epochs.hpp"
#include "engine/sequence.hpp"
#include "event/ports.hpp"
#include "event/source.hpp"
#include "store/store.hpp"

namespace tocsin::engine {

class StateCopy final : public event::StateWriter {
 public:
  void put(std::string_view key, std::string_view value) override {
    if (value.empty()) {
      remove(key);
    } else {
      entries_.insert_or_assign(std::string(key), std::string(value));
    }
  }
  void remove(std::string_view key) override {
    if (const auto found = entries_.find(key); found != entries_.end()) entries_.erase(found);
  }
  [[nodiscard]] base::Result<void> load_into(Sequence& sequence) const;
  void copy_to(event::StateWriter& out) const {
    for (const auto& [key, value] : entries_) out.put(key, value);
  }
  // Takes out what stands under the prefix, which it loses.
  [[nodiscard]] StateCopy take(std::string_view prefix);
  // Adds all of `other` under the prefix.
  void add(std::string_view prefix, const StateCopy& other);
  [[nodiscard]] bool empty() const { return entries_.empty(); }

 private:
  std::map<std::string, std::string, std::less<>> entries_;
};

// Under this and the epoch's number stands, in the state of a log's begin, what a fold knows that
// fills windows for an epoch further on (engine/warming.hpp). No sequence loads it.
inline constexpr std::string_view warming_prefix = "warming/";

// What the fold knew at the checkpoint.
[[nodiscard]] base::Result<StateCopy> read_checkpoint(const store::Store& store);
// What the fold knew before the first frame that is kept: nothing, or what retention left there.
[[nodiscard]] base::Result<void> read_anchor(const store::Store& store, StateCopy& out);

// A new sequence that knows what `state` says. Windows of rules that are not in the setup are
// removed by its first save.
[[nodiscard]] base::Result<std::unique_ptr<Sequence>> make_sequence(
    const Setup& setup, const event::SourceTable& sources, const StateCopy& state);

}  // namespace tocsin::engine
