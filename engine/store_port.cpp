#include "engine/store_port.hpp"

namespace tocsin::engine {

namespace {

std::unexpected<base::Error> no_store() {
  return base::fail("engine-8", "the store is being opened again");
}

}  // namespace

base::Result<std::optional<std::string>> StorePort::offset(std::string_view key) const {
  const std::shared_lock lock(mutex_);
  if (!store_) return no_store();
  return store_->offset(key);
}

base::Result<std::vector<event::OutboxRow>> StorePort::pending(std::string_view channel,
                                                               std::uint64_t after,
                                                               std::size_t limit) const {
  const std::shared_lock lock(mutex_);
  if (!store_) return no_store();
  return store_->pending(channel, after, limit);
}

base::Result<void> StorePort::delivered(std::string_view channel,
                                        const std::vector<std::uint64_t>& numbers) {
  const std::shared_lock lock(mutex_);
  if (!store_) return no_store();
  return store_->delivered(channel, numbers);
}

base::Result<void> StorePort::bury(const event::OutboxRow& row, std::string_view reason) {
  const std::shared_lock lock(mutex_);
  if (!store_) return no_store();
  return store_->bury(row, reason);
}

}  // namespace tocsin::engine
