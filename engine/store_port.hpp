// The store as channels and inputs see it, while the engine may close it and open it again behind
// them.
// Threads:   safe
// Errors:    those of the store; engine-8 while there is no open store
// Tested by: tests/engine/store_port_test.cpp, tests/e2e/daemon_test.py
#pragma once

#include <memory>
#include <shared_mutex>
#include <utility>

#include "event/ports.hpp"
#include "store/store.hpp"

namespace tocsin::engine {

class StorePort final : public event::Offsets, public event::Outbox {
 public:
  // Waits until nobody uses the old one; nullptr closes the door.
  std::unique_ptr<store::Store> exchange(std::unique_ptr<store::Store> next) {
    const std::unique_lock lock(mutex_);
    return std::exchange(store_, std::move(next));
  }
  // For the thread that exchanges; nobody else may keep it.
  [[nodiscard]] store::Store* get() const { return store_.get(); }
  // Calls `use(store)` while the store cannot be exchanged; false when there is none.
  template <typename Use>
  bool with(const Use& use) const {
    const std::shared_lock lock(mutex_);
    if (!store_) return false;
    use(*store_);
    return true;
  }

  [[nodiscard]] base::Result<std::optional<std::string>> offset(
      std::string_view key) const override;
  [[nodiscard]] base::Result<std::vector<event::OutboxRow>> pending(
      std::string_view channel, std::uint64_t after, std::size_t limit) const override;
  base::Result<void> delivered(std::string_view channel,
                               const std::vector<std::uint64_t>& numbers) override;
  base::Result<void> bury(const event::OutboxRow& row, std::string_view reason) override;

 private:
  mutable std::shared_mutex mutex_;
  std::unique_ptr<store::Store> store_;
};

}  // namespace tocsin::engine
