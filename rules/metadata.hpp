// What a Sigma document says about itself: title, id, level, tags and the like.
// Threads:   values
// Errors:    rules-10 to rules-19; a tag outside the known namespaces is a warning (rules-73)
// Source:    SIGMA C1, C2, C3
// Tested by: tests/rules/metadata_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml.hpp"
#include "event/logsource.hpp"

namespace tocsin::rules {

class Diagnostics;

enum class Level : std::uint8_t { informational, low, medium, high, critical };
[[nodiscard]] std::string_view name_of(Level level);

struct Metadata {
  std::string title;
  std::string id;    // lower case; empty when there is none
  std::string name;  // may be empty
  std::optional<Level> level;
  std::string status;
  std::string description;
  std::string author;
  std::vector<std::string> tags;
  std::vector<std::string> references;
  std::vector<std::string> falsepositives;
  base::Origin origin;       // of the document
  base::Origin id_origin;    // of the value of `id`, where there is one
  base::Origin name_origin;  // likewise
};

[[nodiscard]] Metadata read_metadata(const base::YamlNode& document, Diagnostics& out);
[[nodiscard]] event::Logsource read_logsource(const base::YamlNode& document, Diagnostics& out);

}  // namespace tocsin::rules
