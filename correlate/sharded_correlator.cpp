#include "correlate/sharded_correlator.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace tocsin::correlate {

namespace {

bool stands_alone(const CorrelationSpec& spec, const std::vector<bool>& derived) {
  for (std::uint32_t i = 0; i < spec.feed_count(); ++i) {
    const Input& input = spec.input(i);
    if (input.inner || (input.rule.value < derived.size() && derived[input.rule.value]))
      return false;
  }
  // What opens unseen has no alert by which it could be put in order.
  return spec.alerts && spec.feeds.empty() && spec.expected.empty();
}

std::vector<bool> shared_of(const std::vector<CorrelationSpec>& specs,
                            const std::vector<bool>& derived) {
  std::vector<bool> shared;
  for (const CorrelationSpec& spec : specs) shared.push_back(stands_alone(spec, derived));
  return shared;
}

}  // namespace

ShardedCorrelator::ShardedCorrelator(std::vector<CorrelationSpec> specs, const Options& options,
                                     std::uint32_t parts, const std::vector<bool>& derived, Run run)
    : shared_(shared_of(specs, derived)), run_(std::move(run)), byte_limit_(options.window_bytes) {
  if (parts <= 1 || std::ranges::none_of(shared_, std::identity())) {
    shared_.assign(specs.size(), false);
    parts_.push_back(std::make_unique<Correlator>(std::move(specs), options));
  } else {
    for (std::uint32_t i = 0; i <= parts; ++i)
      parts_.push_back(std::make_unique<Correlator>(specs, options, Share{shared_, i, parts}));
  }
  logs_.resize(parts_.size());
  share_room();
}

// Each part has what it uses and an equal share of what is free, so that all together keep the
// limit and one that needs more than the others gets it.
void ShardedCorrelator::share_room() {
  if (!is_sharded() || byte_limit_ == 0) return;
  const std::size_t used = bytes();
  most_bytes_ = std::max(most_bytes_, used);
  const auto whole = static_cast<double>(byte_limit_);
  for (const auto& part : parts_) {
    const std::size_t own = part->bytes();
    const std::size_t room = used <= byte_limit_
                                 ? own + (byte_limit_ - used) / parts_.size()
                                 : static_cast<std::size_t>(whole * static_cast<double>(own) /
                                                            static_cast<double>(used));
    part->set_byte_limit(std::max<std::size_t>(room, 1));
  }
}

void ShardedCorrelator::prepare(const event::Batch& batch) {
  share_room();
  for (const auto& part : parts_) part->prepare(batch);
}

void ShardedCorrelator::run(std::span<const Step> steps) {
  if (!is_sharded()) return;
  next_step_ = 0;
  for (Log& log : logs_) log.clear();
  run_(parts_.size() - 1, [&](std::size_t i) {
    Correlator& part = *parts_[i + 1];
    for (std::size_t step = 0; step < steps.size(); ++step) {
      part.on_event(steps[step].view, steps[step].detections);
      if (!part.fired().empty()) [[unlikely]]
        record(i + 1, step, true);
    }
  });
}

// Notes what the part's last call opened. `copy`: the alert may change before it is shown.
void ShardedCorrelator::record(std::size_t part, std::size_t step, bool copy) {
  Log& log = logs_[part];
  std::span<const Opening> opened = parts_[part]->opened();
  // Openings of rules that raise no alerts stand between the others.
  const auto put_silent = [&](std::optional<std::uint32_t> before) {
    for (; !opened.empty() && opened[0].spec != before; opened = opened.subspan(1))
      log.entries.push_back(
          {part, step, {specs()[opened[0].spec].rule, opened[0].spec}, {}, opened[0]});
  };
  for (const Fired& fired : parts_[part]->fired()) {
    if (!fired.reminder) put_silent(fired.spec);
    Entry entry{part, step, fired, {}, {}};
    if (!fired.reminder) {
      entry.opening = opened[0];
      opened = opened.subspan(1);
    }
    if (copy) {
      if (log.alert_count == log.alerts.size()) log.alerts.emplace_back();
      entry.copy = log.alert_count++;
      log.alerts[*entry.copy] = *fired.alert;
    }
    log.entries.push_back(entry);
  }
  put_silent({});
}

// Behind a call that all parts took at the same time.
void ShardedCorrelator::record_all() {
  if (!is_sharded()) return;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    logs_[i].clear();
    if (i > 0) record(i, 0, false);
  }
  gather(0);
}

void ShardedCorrelator::gather(std::size_t step) {
  if (!fired_.empty()) fired_.clear();
  bool any = !parts_[0]->opened().empty() || !parts_[0]->fired().empty();
  for (std::size_t i = 1; i < parts_.size() && step != no_step; ++i) {
    const Log& log = logs_[i];
    any |= log.next < log.entries.size() && log.entries[log.next].step == step;
  }
  if (any) [[unlikely]]
    put_in_order(step);
}

// Openings by rule, then group; then reminders: the order of a single correlator.
void ShardedCorrelator::put_in_order(std::size_t step) {
  logs_[0].clear();
  record(0, step, false);
  order_.clear();
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    Log& log = logs_[i];
    for (; log.next < log.entries.size() && log.entries[log.next].step == step; ++log.next) {
      Entry& entry = log.entries[log.next];
      if (entry.copy) entry.fired.alert = &log.alerts[*entry.copy];
      order_.push_back(&entry);
    }
  }
  std::ranges::stable_sort(order_,
                           [this](const Entry* a, const Entry* b) { return comes_before(*a, *b); });
  for (const Entry* entry : order_) {
    if (entry->opening) parts_[entry->part]->renumber(*entry->opening, next_number_++);
    if (entry->fired.alert != nullptr) fired_.push_back(entry->fired);
  }
}

// Of two openings of one rule and group the part has told the order.
bool ShardedCorrelator::comes_before(const Entry& left, const Entry& right) const {
  if (left.opening.has_value() != right.opening.has_value()) return left.opening.has_value();
  if (left.fired.rule != right.fired.rule) return left.fired.rule < right.fired.rule;
  if (left.fired.spec != right.fired.spec) return left.fired.spec < right.fired.spec;
  if (!shared_[left.fired.spec]) return false;
  return left.fired.alert->group < right.fired.alert->group;
}

bool ShardedCorrelator::clock_matters(base::ReceivedTime received) {
  return std::ranges::any_of(parts_,
                             [&](const auto& part) { return part->clock_matters(received); });
}

void ShardedCorrelator::on_clock(base::ReceivedTime received) {
  for (const auto& part : parts_) part->on_clock(received);
  record_all();
}

void ShardedCorrelator::source_finished(event::SourceId source) {
  for (const auto& part : parts_) part->source_finished(source);
  record_all();
}

void ShardedCorrelator::finish() {
  for (const auto& part : parts_) part->finish();
  record_all();
}

void ShardedCorrelator::collect_changes() {
  fired_.clear();
  changes_.clear();
  for (const auto& part : parts_) {
    part->take_changes([this](const AlertChange& change) {
      changes_.push_back(
          {&change.alert, change.rule, change.number, change.opened, change.retold, change.closed});
    });
  }
  std::ranges::sort(changes_, {}, &Change::number);
}

void ShardedCorrelator::keep_no_account() {
  for (const auto& part : parts_) part->keep_no_account();
}

void ShardedCorrelator::save_changes(event::StateWriter& out) {
  if (!is_sharded()) return parts_[0]->save_changes(out);
  for (const auto& part : parts_) part->save_groups(out);
  SavedHead head = parts_[0]->head();
  head.next_number = next_number_;
  head.groups = sum<std::uint64_t>([](const Correlator& part) { return part.saved_groups(); });
  head.held = sum<std::uint64_t>([](const Correlator& part) { return part.saved_held(); });
  out.put(head_key, encode(head, head_key));
}

base::Result<void> ShardedCorrelator::load(std::string_view key, std::string_view value) {
  for (const auto& part : parts_) TRY_VOID(part->load(key, value));
  return {};
}

base::Result<void> ShardedCorrelator::finish_load() {
  for (const auto& part : parts_) TRY_VOID(part->finish_load());
  const auto head = parts_[0]->loaded_head();
  if (!is_sharded() || !head) return {};
  next_number_ = head->next_number;
  const bool cold = parts_[0]->keeps_cold();
  return Correlator::check_groups(cold ? head->held : head->groups,
                                  sum<std::uint64_t>([cold](const Correlator& part) {
                                    return cold ? part.saved_held() : part.saved_groups();
                                  }));
}

void ShardedCorrelator::keep_cold_in(const event::StateSource& state) {
  for (const auto& part : parts_) part->keep_cold_in(state);
}

bool ShardedCorrelator::wants_save() const {
  return std::ranges::any_of(parts_, [](const auto& part) { return part->wants_save(); });
}

const std::optional<base::Error>& ShardedCorrelator::failure() const {
  const auto failed =
      std::ranges::find_if(parts_, [](const auto& part) { return part->failure().has_value(); });
  return failed == parts_.end() ? parts_[0]->failure() : (*failed)->failure();
}

void ShardedCorrelator::set_limits(const SpillLimits& limits) {
  for (const auto& part : parts_) part->set_limits(limits);
}

// Each part refuses what is too late; only what its groups did is its own.
Counters ShardedCorrelator::counters() const {
  Counters all = parts_[0]->counters();
  for (std::size_t i = 1; i < parts_.size(); ++i) {
    const Counters part = parts_[i]->counters();
    all.over_limit += part.over_limit;
    all.forgotten += part.forgotten;
    all.spilled += part.spilled;
    all.read_back += part.read_back;
    all.read_in_vain += part.read_in_vain;
    all.swept += part.swept;
  }
  return all;
}

RuleCounters ShardedCorrelator::counters_of(std::uint32_t spec) const {
  RuleCounters all;
  for (const auto& part : parts_) {
    const RuleCounters& counters = part->counters_of(spec);
    all.counted += counters.counted;
    all.missing_group += counters.missing_group;
    all.missing_value += counters.missing_value;
    all.alerts += counters.alerts;
  }
  return all;
}

std::size_t ShardedCorrelator::groups() const {
  return sum<std::size_t>([](const Correlator& part) { return part.groups(); });
}

std::size_t ShardedCorrelator::groups_of(std::uint32_t spec) const {
  return sum<std::size_t>([spec](const Correlator& part) { return part.groups_of(spec); });
}

std::size_t ShardedCorrelator::bytes_of(std::uint32_t spec) const {
  return sum<std::size_t>([spec](const Correlator& part) { return part.bytes_of(spec); });
}

std::size_t ShardedCorrelator::bytes() const {
  return sum<std::size_t>([](const Correlator& part) { return part.bytes(); });
}

std::size_t ShardedCorrelator::most_bytes() const {
  return is_sharded() ? std::max(most_bytes_, bytes()) : parts_[0]->most_bytes();
}

std::size_t ShardedCorrelator::open_alerts() const {
  return sum<std::size_t>([](const Correlator& part) { return part.open_alerts(); });
}

void ShardedCorrelator::set_limits(const LongLimits& limits) {
  for (const auto& part : parts_) part->set_limits(limits);
}

}  // namespace tocsin::correlate
