#include "correlate/value_table.hpp"

#include <cstring>

namespace tocsin::correlate {

ValueTable::~ValueTable() {
  for (Row& row : rows_) {
    if (row.uses != 0) pool_.release(row.data, row.size);
  }
}

std::uint32_t ValueTable::use(std::string_view text) {
  if (const auto found = ids_.find(text); found != ids_.end()) {
    ++rows_[found->second].uses;
    return found->second;
  }
  std::uint32_t value = 0;
  if (free_.empty()) {
    value = static_cast<std::uint32_t>(rows_.size());
    rows_.emplace_back();
  } else {
    value = free_.back();
    free_.pop_back();
  }
  Row& row = rows_[value];
  row.data = static_cast<char*>(pool_.allocate(text.size()));
  if (!text.empty()) std::memcpy(row.data, text.data(), text.size());
  row.size = static_cast<std::uint32_t>(text.size());
  row.uses = 1;
  ids_.emplace(this->text(value), value);
  return value;
}

void ValueTable::release(std::uint32_t value) {
  Row& row = rows_[value];
  if (--row.uses != 0) return;
  ids_.erase(text(value));
  pool_.release(row.data, row.size);
  free_.push_back(value);
}

}  // namespace tocsin::correlate
