#include "engine/warming_rules.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "correlate/place.hpp"
#include "correlate/warming.hpp"
#include "correlate/watermark.hpp"

namespace tocsin::engine {

namespace {

constexpr std::string_view not_begun = "not begun";

}  // namespace

std::string WarmingRules::key_of(const base::Sha256& content) {
  return std::string(state_prefix) + base::to_hex(content.data(), content.size());
}

WarmingRules::WarmingRules(const std::vector<correlate::CorrelationSpec>& specs) {
  const std::vector<std::int64_t> reaches = correlate::reaches(specs);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (!correlate::uses_past(specs[i])) continue;
    const std::string key = key_of(specs[i].content);
    known_[key] = {specs[i].rule, reaches[i]};
    keys_[specs[i].rule] = key;
  }
}

void WarmingRules::begin_log() {
  rows_.clear();
  for (const auto& [rule, key] : keys_) rows_.push_back({rule, std::nullopt});
  changed_ = true;
}

void WarmingRules::advance_all(std::int64_t watermark) {
  if (watermark == correlate::Watermark::never) return;
  std::erase_if(rows_, [&](Row& row) {
    if (!row.until) {
      row.until = correlate::plus(watermark, known_[keys_[row.rule]].reach);
      changed_ = true;
    }
    if (watermark < *row.until) return false;
    removed_.push_back(keys_[row.rule]);
    return true;
  });
}

void WarmingRules::put(const base::Sha256& content, std::optional<std::int64_t> begin,
                       std::int64_t reach, event::StateWriter& out) {
  out.put(key_of(content), begin ? std::to_string(correlate::plus(*begin, reach)) : not_begun);
}

void WarmingRules::save_changes(event::StateWriter& out) {
  for (const std::string& key : removed_) out.remove(key);
  removed_.clear();
  if (!changed_) return;
  changed_ = false;
  for (const Row& row : rows_)
    out.put(keys_[row.rule], row.until ? std::to_string(*row.until) : not_begun);
}

base::Result<void> WarmingRules::load(std::string_view key, std::string_view value) {
  const auto until = base::parse_integer(value);
  if (!until && value != not_begun) {
    return base::fail("engine-7",
                      fmt::format("the checkpoint's entry `{}` is damaged", base::printable(key)));
  }
  const auto known = known_.find(std::string(key));
  if (known == known_.end()) {
    removed_.emplace_back(key);  // of a rule that is no more
    return {};
  }
  const Row row{known->second.rule, until ? std::optional(*until) : std::nullopt};
  rows_.insert(std::ranges::upper_bound(rows_, row.rule, {}, &Row::rule), row);
  return {};
}

}  // namespace tocsin::engine
