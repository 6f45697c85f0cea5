// A fold's state of its own: for a fold that the store must not see, or without a store. In memory,
// and on disk once memory runs short.
// Path:      Sequence or store -> StateCopy -> Sequence
// Units:     bytes
// Threads:   as event::StateSource
// Errors:    the store's; engine-10 the log begins where no state is known
// Tested by: tests/engine/state_copy_test.cpp
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "engine/fold_state.hpp"
#include "event/ports.hpp"
#include "store/scratch.hpp"
#include "store/store.hpp"

namespace tocsin::engine {

class StateCopy final : public FoldState, public event::StateWriter, public event::StateSource {
 public:
  void put(std::string_view key, std::string_view value) override;
  void remove(std::string_view key) override;
  void remove_prefix(std::string_view prefix) override;
  // After the last put: everything can be read. Tells what went wrong since the last time.
  [[nodiscard]] base::Result<void> flush();

  [[nodiscard]] base::Result<void> save_with(const correlate::WarmedWindows& windows,
                                             Sequence& sequence, event::Seq seen) override;
  [[nodiscard]] const event::StateSource& source() const override { return *this; }
  [[nodiscard]] base::Result<void> take(std::string_view prefix, event::StateWriter& out) override;
  // Adds all of `other` under the prefix.
  [[nodiscard]] base::Result<void> add(std::string_view prefix, const event::StateSource& other);
  [[nodiscard]] base::Result<void> copy_to(event::StateWriter& out) const;
  [[nodiscard]] base::Result<bool> empty() const;

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

// What the fold knew before the first frame that is kept: nothing, or what retention left there.
[[nodiscard]] base::Result<void> read_anchor(const store::Store& store, StateCopy& out);

}  // namespace tocsin::engine
