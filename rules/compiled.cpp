#include "rules/compiled.hpp"

#include <algorithm>
#include <iterator>

namespace tocsin::rules {

void Compiled::add(event::RuleIndex rule, const event::Logsource& logsource, Formula formula) {
  auto found = std::ranges::find(logsources_, logsource);
  if (found == logsources_.end()) found = logsources_.insert(logsources_.end(), logsource);
  detectors_.push_back(
      {rule, static_cast<std::uint32_t>(found - logsources_.begin()), std::move(formula)});
}

void Compiled::take(const Compiled& from, const std::vector<bool>& kept) {
  pool = from.pool;
  hints = from.hints;
  scans = from.scans;
  logsources_ = from.logsources_;
  std::ranges::copy_if(from.detectors_, std::back_inserter(detectors_),
                       [&kept](const Detector& detector) { return kept[detector.rule.value]; });
}

std::vector<bool> Compiled::covering(const event::Logsource& logsource, std::size_t rules) const {
  std::vector<bool> out(rules, false);
  for (const Detector& detector : detectors_) {
    if (logsources_[detector.logsource].covers(logsource)) out[detector.rule.value] = true;
  }
  return out;
}

std::shared_ptr<const Program> Compiled::program_for(
    std::span<const event::Logsource> logsources) const {
  std::vector<std::uint32_t> covering;
  for (std::uint32_t i = 0; i < logsources_.size(); ++i) {
    if (std::ranges::any_of(logsources, [&](const event::Logsource& logsource) {
          return logsources_[i].covers(logsource);
        })) {
      covering.push_back(i);
    }
  }
  Made* made = nullptr;
  {
    const std::lock_guard lock(mutex_);
    made = &programs_[covering];
  }
  std::call_once(made->once, [&] {
    std::vector<char> is_covering(logsources_.size(), 0);
    for (const std::uint32_t logsource : covering) is_covering[logsource] = 1;
    std::vector<Program::Source> sources;
    for (const Detector& detector : detectors_) {
      if (is_covering[detector.logsource] != 0)
        sources.push_back({detector.rule, &detector.formula});
    }
    made->program = std::make_shared<const Program>(sources, pool, hints, scans);
  });
  return made->program;
}

}  // namespace tocsin::rules
