// A joined field as its page has it (docs/decoders.md, "Joined fields"), by whole strings: the text
// is replaced name by name, then its beginning. Shares nothing with the fast one.
#pragma once

#include <algorithm>
#include <cctype>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tocsin::reference {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// `fields`: those of the event, in order; nothing where none is made.
inline std::optional<std::string> slow_join(const std::string& name, std::string text,
                                            const Pairs& begins, const Pairs& fields) {
  const auto is_name = [](const std::string& wanted) {
    return [&wanted](const auto& field) { return field.first == wanted; };
  };
  if (std::any_of(fields.begin(), fields.end(), is_name(name))) return std::nullopt;
  std::string out;
  for (std::size_t open = text.find('{'); open != std::string::npos; open = text.find('{')) {
    const std::size_t close = text.find('}');
    const std::string wanted = text.substr(open + 1, close - open - 1);
    if (std::none_of(fields.begin(), fields.end(), is_name(wanted))) return std::nullopt;
    out += text.substr(0, open);
    std::string values;
    for (const auto& field : fields) {
      if (field.first == wanted) values += " " + field.second;
    }
    out += values.substr(1);
    text = text.substr(close + 1);
  }
  out += text;
  const auto lower = [](std::string of) {
    for (char& c : of) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return of;
  };
  for (const auto& [front, instead] : begins) {
    if (lower(out.substr(0, front.size())) == lower(front))
      return instead + out.substr(front.size());
  }
  return out;
}

}  // namespace tocsin::reference
