// Where a fold keeps its state: what goes from one pipeline to the next, and windows that memory
// has no room for.
// Path:      Sequence -> state -> Sequence
// Units:     bytes
// Threads:   one
// Errors:    the store's
// Tested by: tests/engine/fold_state_test.cpp, tests/engine/log_fold_test.cpp
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "engine/epochs.hpp"
#include "engine/sequence.hpp"
#include "event/ports.hpp"
#include "event/source.hpp"
#include "store/scratch.hpp"
#include "store/store.hpp"

namespace tocsin::engine {

class FoldState {
 public:
  virtual ~FoldState() = default;
  // What changed in `sequence`, which has seen all up to `seen`.
  [[nodiscard]] virtual base::Result<void> save(Sequence& sequence, event::Seq seen) = 0;
  // All that was saved; good as long as this.
  [[nodiscard]] virtual const event::StateSource& source() const = 0;
};

// The store's own: each save is a checkpoint, so that what was read again need not be read a third
// time. Only for a fold whose output the store holds already.
class StoredState final : public FoldState {
 public:
  explicit StoredState(store::Store& store) : store_(store) {}
  [[nodiscard]] base::Result<void> save(Sequence& sequence, event::Seq seen) override;
  [[nodiscard]] const event::StateSource& source() const override { return store_.state(); }

 private:
  store::Store& store_;
};

// Its own, for a fold that the store must not see, or without a store: in memory, and on disk once
// memory runs short.
class StateCopy final : public FoldState, public event::StateWriter, public event::StateSource {
 public:
  void put(std::string_view key, std::string_view value) override;
  void remove(std::string_view key) override;
  void remove_prefix(std::string_view prefix) override;
  // After the last put: everything can be read. Tells what went wrong since the last time.
  [[nodiscard]] base::Result<void> flush();

  [[nodiscard]] base::Result<void> save(Sequence& sequence, event::Seq seen) override;
  [[nodiscard]] const event::StateSource& source() const override { return *this; }

  [[nodiscard]] base::Result<std::optional<std::string>> get(std::string_view key) const override;
  [[nodiscard]] base::Result<std::vector<std::optional<std::string>>> get_many(
      const std::vector<std::string>& keys) const override;
  [[nodiscard]] base::Result<void> scan(std::string_view begin, std::string_view end,
                                        std::size_t limit,
                                        const event::StateReader& each) const override;
  [[nodiscard]] bool on_disk() const { return scratch_ != nullptr; }

 private:
  static constexpr std::size_t most_in_memory = std::size_t{64} << 20U;
  void move_to_disk();

  std::map<std::string, std::string, std::less<>> entries_;  // until there is a scratch_
  std::size_t bytes_ = 0;                                    // put since the beginning
  std::unique_ptr<store::Scratch> scratch_;
  std::optional<base::Error> error_;
};

// A new sequence that knows what `state` says, reads the rest of it when it is needed, and leaves
// there what memory has no room for. Windows of rules that are not in the setup are removed by the
// next save.
[[nodiscard]] base::Result<std::unique_ptr<Sequence>> make_sequence(
    const Setup& setup, const event::SourceTable& sources, const FoldState& state);

}  // namespace tocsin::engine
