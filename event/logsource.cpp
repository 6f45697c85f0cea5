#include "event/logsource.hpp"

#include "base/check.hpp"

namespace tocsin::event {

std::string to_string(const Logsource& logsource) {
  auto part = [](const std::string& text) { return text.empty() ? std::string("-") : text; };
  return part(logsource.category) + "/" + part(logsource.product) + "/" + part(logsource.service);
}

LogsourceId LogsourceTable::intern(std::vector<Logsource> logsources) {
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (rows_[i] == logsources) return LogsourceId(static_cast<std::uint16_t>(i));
  }
  CHECK(rows_.size() < 0xFFFF, "more log sources in packs than a LogsourceId can tell apart");
  rows_.push_back(std::move(logsources));
  return LogsourceId(static_cast<std::uint16_t>(rows_.size() - 1));
}

const std::vector<Logsource>& LogsourceTable::operator[](LogsourceId id) const {
  CHECK(id.value < rows_.size(), "a log source id from another table");
  return rows_[id.value];
}

}  // namespace tocsin::event
