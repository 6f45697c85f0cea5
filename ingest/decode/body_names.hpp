// What the fields of a structured body are called: without the wrapping that a shipper puts around
// them, and under one name where shippers differ.
// Path:      a dotted name as it is written -> the field's name (ingest/decode/name_cache)
// Threads:   immutable once filled
// Errors:    none; a name that nothing fits stays as it is
// Source:    docs/decoders.md, "Structured bodies"; the names of Windows events are those of
//            evtx_dump, Winlogbeat and Wazuh
// Tested by: tests/ingest/decode/body_names_test.cpp
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.hpp"

namespace tocsin::ingest {

// One entry of `unwrap:`.
struct Unwrapping {
  std::string prefix;    // "Event.EventData"; a part `*` is any one part
  bool capital = false;  // the first letter of what is left becomes a capital
  bool escaped = false;  // text below it was escaped twice
};

class BodyNames {
 public:
  void add_name(std::string_view written, std::string_view given);
  // Tried in the order in which they were added; the first that fits counts.
  void add(const Unwrapping& unwrapping);

  struct Given {
    std::string_view name;
    bool escaped = false;
  };
  // A view of `written`, of this object, or of `scratch`.
  [[nodiscard]] Given given(std::string_view written, std::string& scratch) const;

 private:
  std::unordered_map<std::string, std::string, base::TextHash, std::equal_to<>> names_;
  std::vector<Unwrapping> unwrappings_;
};

}  // namespace tocsin::ingest
