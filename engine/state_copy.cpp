#include "engine/state_copy.hpp"

#include <fmt/format.h>

#include <utility>

#include "store/records.hpp"

namespace tocsin::engine {

namespace {

constexpr std::size_t all = SIZE_MAX;

}  // namespace

void StateCopy::put(std::string_view key, std::string_view value) {
  if (value.empty()) return remove(key);
  if (scratch_) return scratch_->put(key, value);
  bytes_ += key.size() + value.size();
  entries_.insert_or_assign(std::string(key), std::string(value));
  if (bytes_ > most_in_memory && !error_) move_to_disk();
}

void StateCopy::remove(std::string_view key) {
  if (scratch_) return scratch_->remove(key);
  if (const auto found = entries_.find(key); found != entries_.end()) entries_.erase(found);
}

void StateCopy::remove_prefix(std::string_view prefix) {
  if (scratch_) return scratch_->remove_prefix(prefix);
  const auto first = entries_.lower_bound(prefix);
  auto last = first;
  while (last != entries_.end() && last->first.starts_with(prefix)) ++last;
  entries_.erase(first, last);
}

void StateCopy::move_to_disk() {
  auto opened = store::Scratch::open();
  if (!opened) {
    error_ = std::move(opened).error();
    return;
  }
  scratch_ = *std::move(opened);
  for (const auto& [key, value] : entries_) scratch_->put(key, value);
  entries_.clear();
}

base::Result<void> StateCopy::flush() {
  if (auto error = std::exchange(error_, std::nullopt)) return std::unexpected(*std::move(error));
  if (scratch_) return scratch_->flush();
  return {};
}

base::Result<void> StateCopy::save_with(const correlate::WarmedWindows& windows, Sequence& sequence,
                                        event::Seq) {
  // What is saved because memory is short must not fill it.
  if (!scratch_ && sequence.wants_save()) move_to_disk();
  if (error_) return flush();
  correlate::WithWindows out(windows, *this);
  sequence.save_changes(out);
  return flush();
}

base::Result<void> StateCopy::take(std::string_view prefix, event::StateWriter& out) {
  TRY_VOID(scan(prefix, store::key::after(prefix), all,
                [&](std::string_view key, std::string_view value) -> base::Result<void> {
                  out.put(key.substr(prefix.size()), value);
                  return {};
                }));
  remove_prefix(prefix);
  return flush();
}

base::Result<void> StateCopy::add(std::string_view prefix, const event::StateSource& other) {
  TRY_VOID(other.scan({}, {}, all, [&](std::string_view key, std::string_view value) {
    put(std::string(prefix).append(key), value);
    return base::Result<void>();
  }));
  return flush();
}

base::Result<void> StateCopy::copy_to(event::StateWriter& out) const {
  return scan({}, {}, all, [&out](std::string_view key, std::string_view value) {
    out.put(key, value);
    return base::Result<void>();
  });
}

base::Result<bool> StateCopy::empty() const {
  bool any = false;
  TRY_VOID(scan({}, {}, 1, [&any](std::string_view, std::string_view) {
    any = true;
    return base::Result<void>();
  }));
  return !any;
}

base::Result<std::optional<std::string>> StateCopy::get(std::string_view key) const {
  if (scratch_) return scratch_->get(key);
  const auto found = entries_.find(key);
  return found == entries_.end() ? std::nullopt : std::optional(found->second);
}

base::Result<std::vector<std::optional<std::string>>> StateCopy::get_many(
    const std::vector<std::string>& keys) const {
  if (scratch_) return scratch_->get_many(keys);
  std::vector<std::optional<std::string>> values;
  values.reserve(keys.size());
  for (const std::string& key : keys) {
    const auto found = entries_.find(key);
    values.push_back(found == entries_.end() ? std::nullopt : std::optional(found->second));
  }
  return values;
}

base::Result<void> StateCopy::scan(std::string_view begin, std::string_view end, std::size_t limit,
                                   const event::StateReader& each) const {
  if (scratch_) return scratch_->scan(begin, end, limit, each);
  for (auto at = entries_.lower_bound(begin); at != entries_.end() && limit > 0; ++at, --limit) {
    if (!end.empty() && at->first >= end) break;
    TRY_VOID(each(at->first, at->second));
  }
  return {};
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
  TRY_VOID(store.read_anchor_state(
      [&out](std::string_view key, std::string_view value) -> base::Result<void> {
        out.put(key, value);
        return {};
      }));
  return out.flush();
}

}  // namespace tocsin::engine
