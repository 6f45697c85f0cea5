#include "rules/metadata.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "rules/diagnostics.hpp"

namespace tocsin::rules {

namespace {

using base::YamlNode;

constexpr std::array<std::string_view, 5> levels = {"informational", "low", "medium", "high",
                                                    "critical"};
constexpr std::size_t most_title = 256;
constexpr std::size_t most_description = 65'535;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// 8-4-4-4-12 hexadecimal digits.
bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

// YYYY-MM-DD or YYYY/M/D, month and day within their range.
bool is_date(std::string_view text) {
  if (text.size() < 8 || !std::all_of(text.begin(), text.begin() + 4, is_digit)) return false;
  const char separator = text[4];
  if (separator != '-' && separator != '/') return false;
  const std::size_t second = text.find(separator, 5);
  if (second == std::string_view::npos) return false;
  const std::string_view month = text.substr(5, second - 5);
  const std::string_view day = text.substr(second + 1);
  const auto within = [&](std::string_view part, std::int64_t most) {
    const auto value = base::parse_integer(part);
    return (part.size() == 2 || (separator == '/' && part.size() == 1)) &&
           std::ranges::all_of(part, is_digit) && value && *value >= 1 && *value <= most;
  };
  return within(month, 12) && within(day, 31);
}

// ^[a-z0-9_-]+\.[a-z0-9._-]+$
bool is_tag(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == 0 || dot == std::string_view::npos || dot + 1 == text.size()) return false;
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '_' || c == '-' || c == '.';
  });
}

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

bool is_attack_tag(std::string_view rest) {
  if (one_of(rest, {"reconnaissance", "resource-development", "initial-access", "execution",
                    "persistence", "privilege-escalation", "defense-evasion", "defense-impairment",
                    "stealth", "credential-access", "discovery", "lateral-movement", "collection",
                    "command-and-control", "exfiltration", "impact"})) {
    return true;
  }
  const std::size_t letters = rest.starts_with("ds") ? 2 : 1;
  return rest.size() > letters && is_digit(rest[letters]) &&
         one_of(rest.substr(0, letters), {"t", "g", "s", "ds", "m", "a", "c"});
}

// C2: namespaces that the specification lists, and what stands in them.
bool is_known_tag(std::string_view tag) {
  const std::size_t dot = tag.find('.');
  const std::string_view space = tag.substr(0, dot);
  const std::string_view rest = tag.substr(dot + 1);
  if (space == "attack") return is_attack_tag(rest);
  if (space == "tlp") return one_of(rest, {"red", "amber", "amber-strict", "green", "clear"});
  if (space == "detection") return one_of(rest, {"dfir", "emerging-threats", "threat-hunting"});
  if (space == "stp") {
    return is_digit(rest[0]) &&
           (rest.size() == 1 || (rest.size() == 2 && one_of(rest.substr(1), {"a", "u", "k"})));
  }
  return one_of(space, {"car", "cve", "d3fend"});
}

class Reader {
 public:
  Reader(const YamlNode& document, Diagnostics& out) : document_(document), out_(out) {}

  Metadata read() {
    result_.origin = out_.at(document_);
    read_title();
    read_id();
    read_name();
    read_level();
    read_status();
    read_dates();
    read_tags();
    read_related();
    read_taxonomy();
    result_.description = text_of("description", most_description);
    result_.author = text_of("author", std::string::npos);
    for (const char* key : {"license", "scope"}) check_text_or_list(key);
    result_.references = list_of("references");
    result_.falsepositives = list_of("falsepositives");
    static_cast<void>(list_of("fields"));
    return std::move(result_);
  }

 private:
  std::string text_of(const char* key, std::size_t most) {
    const YamlNode* node = document_.find(key);
    if (node == nullptr || node->is_null()) return {};
    auto text = out_.text(*node, key);
    if (!text) return {};
    if (text->size() > most) {
      out_.error("rules-11", out_.at(*node),
                 fmt::format("`{}` is longer than {} characters", key, most));
    }
    return std::move(*text);
  }

  void check_text_or_list(const char* key) {
    if (const YamlNode* node = document_.find(key)) static_cast<void>(out_.texts(*node, key));
  }

  std::vector<std::string> list_of(const char* key) {
    const YamlNode* node = document_.find(key);
    if (node == nullptr) return {};
    if (node->is_scalar())
      out_.warn("rules-74", out_.at(*node), fmt::format("`{}` should be a list", key));
    return out_.texts(*node, key).value_or(std::vector<std::string>{});
  }

  void read_title() {
    result_.title = text_of("title", most_title);
    if (result_.title.empty())
      out_.error("rules-10", out_.at(document_), "the document has no `title`");
  }

  void read_id() {
    const YamlNode* node = document_.find("id");
    if (node == nullptr || node->is_null()) return;
    result_.id_origin = out_.at(*node);
    auto text = out_.text(*node, "id");
    if (!text) return;
    if (!is_uuid(*text)) {
      out_.error("rules-12", out_.at(*node),
                 fmt::format("`{}` is no UUID, which `id` must be", base::printable(*text)));
      return;
    }
    std::ranges::transform(*text, text->begin(), [](char c) {
      return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
    });
    result_.id = std::move(*text);
  }

  void read_name() {
    result_.name = text_of("name", most_title);
    if (const YamlNode* node = document_.find("name")) result_.name_origin = out_.at(*node);
  }

  void read_level() {
    const YamlNode* node = document_.find("level");
    if (node == nullptr || node->is_null()) return;
    const auto text = out_.text(*node, "level");
    if (!text) return;
    for (std::size_t i = 0; i < levels.size(); ++i) {
      if (*text == levels[i]) {
        result_.level = static_cast<Level>(i);
        return;
      }
    }
    const std::string_view near = base::nearest(*text, {levels.begin(), levels.end()});
    out_.error("rules-13", out_.at(*node),
               fmt::format("`{}` is no level{}", base::printable(*text),
                           near.empty() ? "; use informational, low, medium, high or critical"
                                        : fmt::format("; did you mean `{}`?", near)));
  }

  void read_status() {
    result_.status = text_of("status", most_title);
    if (result_.status.empty()) return;
    if (!one_of(result_.status, {"stable", "test", "experimental", "deprecated", "unsupported"})) {
      out_.error("rules-14", out_.at(*document_.find("status")),
                 fmt::format("`{}` is no status; use stable, test, experimental, deprecated or "
                             "unsupported",
                             base::printable(result_.status)));
    }
  }

  void read_dates() {
    for (const char* key : {"date", "modified"}) {
      const std::string text = text_of(key, most_title);
      if (!text.empty() && !is_date(text)) {
        out_.error("rules-15", out_.at(*document_.find(key)),
                   fmt::format("`{}` is no date of the form YYYY-MM-DD", base::printable(text)));
      }
    }
  }

  void read_tags() {
    result_.tags = list_of("tags");
    const YamlNode* node = document_.find("tags");
    for (std::size_t i = 0; i < result_.tags.size(); ++i) {
      const base::Origin origin = out_.at(node->is_sequence() ? node->items[i] : *node);
      const std::string& tag = result_.tags[i];
      if (!is_tag(tag)) {
        out_.error("rules-16", origin,
                   fmt::format("`{}` is no tag; write namespace.name in lower case",
                               base::printable(tag)));
      } else if (!is_known_tag(tag)) {
        out_.warn("rules-73", origin, fmt::format("the tag `{}` is not one that Sigma lists", tag));
      }
    }
  }

  void read_related() {
    const YamlNode* node = document_.find("related");
    if (node == nullptr || node->is_null()) return;
    if (!node->is_sequence()) {
      out_.error("rules-17", out_.at(*node), "`related` must be a list of {id, type}");
      return;
    }
    for (const YamlNode& item : node->items) {
      const YamlNode* id = item.find("id");
      const YamlNode* type = item.find("type");
      if (id == nullptr || type == nullptr || !is_uuid(id->text)) {
        out_.error("rules-17", out_.at(item),
                   "an entry of `related` needs a UUID `id` and a `type`");
      } else if (!one_of(type->text,
                         {"derived", "obsolete", "merged", "renamed", "similar", "correlation"})) {
        out_.error("rules-17", out_.at(*type),
                   fmt::format("`{}` is no type of `related`; use derived, obsolete, merged, "
                               "renamed or similar",
                               base::printable(type->text)));
      }
    }
  }

  void read_taxonomy() {
    const std::string taxonomy = text_of("taxonomy", most_title);
    if (!taxonomy.empty() && taxonomy != "sigma") {
      out_.warn("rules-75", out_.at(*document_.find("taxonomy")),
                fmt::format("the taxonomy `{}` is not known; fields are taken as they are written",
                            base::printable(taxonomy)));
    }
  }

  const YamlNode& document_;
  Diagnostics& out_;
  Metadata result_;
};

}  // namespace

std::string_view name_of(Level level) { return levels[static_cast<std::size_t>(level)]; }

Metadata read_metadata(const YamlNode& document, Diagnostics& out) {
  return Reader(document, out).read();
}

event::Logsource read_logsource(const YamlNode& document, Diagnostics& out) {
  event::Logsource logsource;
  const YamlNode* node = document.find("logsource");
  if (node == nullptr) {
    out.error("rules-18", out.at(document), "the document has no `logsource`");
    return logsource;
  }
  if (!node->is_map()) {
    out.error("rules-18", out.at(*node),
              "`logsource` must be a map with category, product or service");
    return logsource;
  }
  const auto read = [&](const char* key, std::string& value) {
    const YamlNode* part = node->find(key);
    if (part == nullptr || part->is_null()) return;
    if (auto text = out.text(*part, key)) value = std::move(*text);
  };
  read("category", logsource.category);
  read("product", logsource.product);
  read("service", logsource.service);
  if (logsource == event::Logsource{}) {
    out.error("rules-18", out.at(*node), "`logsource` names no category, product or service");
  }
  return logsource;
}

}  // namespace tocsin::rules
