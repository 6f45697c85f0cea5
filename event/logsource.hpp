// Sigma's routing key: which kind of log an event is, and which kind a rule is for.
// Threads:   LogsourceTable: filled by one thread, then immutable and safe
// Source:    Sigma specification 2.1, logsource; SIGMA C3
// Tested by: tests/event/logsource_test.cpp
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.hpp"

namespace tocsin::event {

struct Logsource {
  std::string category;
  std::string product;
  std::string service;

  bool operator==(const Logsource&) const = default;
  // A rule's logsource covers an event's when every part that it sets is the same there.
  [[nodiscard]] bool covers(const Logsource& event) const {
    return (category.empty() || category == event.category) &&
           (product.empty() || product == event.product) &&
           (service.empty() || service == event.service);
  }
};

// "category/product/service", "-" for a part that is not set.
[[nodiscard]] std::string to_string(const Logsource& logsource);

// A row of the LogsourceTable: the set of log sources that an event has (mostly one).
using LogsourceId = base::Id<struct LogsourceTag, std::uint16_t>;

class LogsourceTable {
 public:
  LogsourceTable() { intern({}); }
  // Row 0 is the empty set: an event of which nothing is known.
  LogsourceId intern(std::vector<Logsource> logsources);
  [[nodiscard]] const std::vector<Logsource>& operator[](LogsourceId id) const;
  [[nodiscard]] std::size_t size() const { return rows_.size(); }

 private:
  std::vector<std::vector<Logsource>> rows_;
};

}  // namespace tocsin::event
