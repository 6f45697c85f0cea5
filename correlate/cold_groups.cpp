#include "correlate/cold_groups.hpp"

#include <algorithm>
#include <utility>

#include "correlate/checkpoint.hpp"
#include "correlate/place.hpp"

namespace tocsin::correlate {

void ColdGroups::count(Overs& overs, std::int64_t over, std::int64_t step) {
  ++overs[plus(over - over % step, step)];
}

void ColdGroups::add(std::uint32_t spec, std::uint32_t hash, std::int64_t over, std::int64_t step) {
  known_.add(name_of(spec, hash));
  count(overs_, over, step);
  ++counted_;
  if (passing_) keep(spec, hash, over, step);
}

bool ColdGroups::pass_is_due(std::int64_t watermark) {
  if (passing_) return true;
  while (!overs_.empty() && overs_.begin()->first <= watermark) {
    over_ += overs_.begin()->second;
    overs_.erase(overs_.begin());
  }
  if (over_ >= std::max(worth_a_pass, counted_ / 2)) begin_pass();
  return passing_;
}

void ColdGroups::begin_pass() {
  passing_ = true;
  at_ = group_prefix;
  next_.clear();
  next_overs_.clear();
  next_counted_ = 0;
}

void ColdGroups::keep(std::uint32_t spec, std::uint32_t hash, std::int64_t over,
                      std::int64_t step) {
  next_.add(name_of(spec, hash));
  count(next_overs_, over, step);
  ++next_counted_;
}

void ColdGroups::end_pass() {
  passing_ = false;
  unknown_ = false;
  known_ = std::exchange(next_, {});
  overs_ = std::exchange(next_overs_, {});
  counted_ = next_counted_;
  over_ = 0;
}

}  // namespace tocsin::correlate
