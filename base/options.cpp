#include "base/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/json.hpp"
#include "base/text.hpp"

namespace tocsin::base {

namespace {

struct SizeUnit {
  std::string_view name;
  std::size_t bytes;
};
constexpr std::array<SizeUnit, 5> size_units = {{{"TiB", std::size_t{1} << 40U},
                                                 {"GiB", std::size_t{1} << 30U},
                                                 {"MiB", std::size_t{1} << 20U},
                                                 {"KiB", 1024},
                                                 {"B", 1}}};

Error wrong_type(const YamlNode& node, const std::string& file, const OptionText& text,
                 std::string_view wanted) {
  return {"base-11", fmt::format("`{}` takes {}", text.key, wanted), origin_of(file, node)};
}

Result<void> check_bounds(const YamlNode& node, const std::string& file, const OptionText& text,
                          std::int64_t value) {
  if (value >= text.min && value <= text.max) return {};
  auto show = [&](std::int64_t number) {
    if (text.unit == "duration") return format_duration(Nanoseconds(number));
    return text.unit == "bytes" ? format_size(static_cast<std::size_t>(number))
                                : std::to_string(number);
  };
  std::string bounds = text.max == std::numeric_limits<std::int64_t>::max()
                           ? fmt::format("at least {}", show(text.min))
                           : fmt::format("from {} to {}", show(text.min), show(text.max));
  return fail("base-12", fmt::format("`{}` must be {}", text.key, bounds), origin_of(file, node));
}

// The bounds of a text and of a list are those of its length; an empty one is what "not set" looks
// like.
Result<void> check_length(const YamlNode& node, const std::string& file, const OptionText& text,
                          std::size_t length, std::string_view unit) {
  const auto size = static_cast<std::int64_t>(length);
  if (size <= text.max && (size >= text.min || size == 0)) return {};
  const std::string bounds =
      size > text.max ? fmt::format("at most {}", text.max) : fmt::format("at least {}", text.min);
  return fail("base-12", fmt::format("`{}` must have {} {}, not {}", text.key, bounds, unit, size),
              origin_of(file, node));
}

bool is_choice(std::string_view choices, std::string_view value) {
  while (!choices.empty()) {
    const std::size_t bar = choices.find('|');
    if (choices.substr(0, bar) == value) return true;
    if (bar == std::string_view::npos) return false;
    choices.remove_prefix(bar + 1);
  }
  return false;
}

}  // namespace

std::string format_size(std::size_t bytes) {
  if (bytes == 0) return "0";
  for (const SizeUnit& unit : size_units) {
    if (bytes % unit.bytes == 0) return fmt::format("{}{}", bytes / unit.bytes, unit.name);
  }
  return fmt::format("{}B", bytes);
}

std::optional<std::size_t> parse_size(std::string_view text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_integer(text.substr(0, end));
  if (!number) return std::nullopt;
  const std::string_view unit = text.substr(end);
  if (unit.empty()) return static_cast<std::size_t>(*number);
  for (const SizeUnit& known : size_units) {
    if (unit != known.name && unit != known.name.substr(0, 1)) continue;
    std::int64_t bytes = 0;
    if (__builtin_mul_overflow(*number, static_cast<std::int64_t>(known.bytes), &bytes))
      return std::nullopt;
    return static_cast<std::size_t>(bytes);
  }
  return std::nullopt;
}

Result<void> read_option(const YamlNode& node, const std::string& file, const OptionText& text,
                         bool& out) {
  const auto value = node.as_bool();
  if (!value) return std::unexpected(wrong_type(node, file, text, "true or false"));
  out = *value;
  return {};
}

Result<void> read_option(const YamlNode& node, const std::string& file, const OptionText& text,
                         std::int64_t& out) {
  const auto value = node.as_integer();
  if (!value) return std::unexpected(wrong_type(node, file, text, "a whole number"));
  TRY_VOID(check_bounds(node, file, text, *value));
  out = *value;
  return {};
}

Result<void> read_option(const YamlNode& node, const std::string& file, const OptionText& text,
                         std::size_t& out) {
  const bool bytes = text.unit == "bytes";
  const auto value = node.is_scalar() ? (bytes ? parse_size(node.text)
                                               : parse_size(node.as_integer() ? node.text : "x"))
                                      : std::nullopt;
  if (!value)
    return std::unexpected(wrong_type(
        node, file, text, bytes ? "a size such as 64KiB or 16MiB" : "a whole number, 0 or more"));
  TRY_VOID(check_bounds(node, file, text, static_cast<std::int64_t>(*value)));
  out = *value;
  return {};
}

Result<void> read_option(const YamlNode& node, const std::string& file, const OptionText& text,
                         Nanoseconds& out) {
  const auto value = node.is_scalar() ? parse_duration(node.text) : std::nullopt;
  if (!value)
    return std::unexpected(
        wrong_type(node, file, text, "a duration with its unit, such as 50ms, 30s, 10m or 7d"));
  TRY_VOID(check_bounds(node, file, text, value->count()));
  out = *value;
  return {};
}

Result<void> read_option(const YamlNode& node, const std::string& file, const OptionText& text,
                         std::string& out) {
  if (!node.is_scalar() && !node.is_null())
    return std::unexpected(wrong_type(node, file, text, "a text"));
  if (!text.choices.empty() && !is_choice(text.choices, node.text)) {
    return fail("base-13", fmt::format("`{}` must be one of {}", text.key, text.choices),
                origin_of(file, node));
  }
  TRY_VOID(check_length(node, file, text, node.is_null() ? 0 : node.text.size(), "bytes"));
  out = node.is_null() ? std::string() : node.text;
  return {};
}

Result<void> read_option(const YamlNode& node, const std::string& file, const OptionText& text,
                         std::vector<std::string>& out) {
  std::vector<std::string> values;
  if (node.is_scalar()) {
    values.push_back(node.text);
  } else if (node.is_sequence()) {
    for (const YamlNode& item : node.items) {
      if (!item.is_scalar())
        return std::unexpected(wrong_type(item, file, text, "a list of texts"));
      values.push_back(item.text);
    }
  } else if (!node.is_null()) {
    return std::unexpected(wrong_type(node, file, text, "a list of texts"));
  }
  TRY_VOID(check_length(node, file, text, values.size(), "entries"));
  for (const std::string& value : values) {
    if (text.choices.empty() || is_choice(text.choices, value)) continue;
    return fail("base-13", fmt::format("`{}` must be some of {}", text.key, text.choices),
                origin_of(file, node));
  }
  out = std::move(values);
  return {};
}

std::pair<std::string, std::string> show_option(const OptionText&, bool value) {
  return {"true or false", value ? "true" : "false"};
}
std::pair<std::string, std::string> show_option(const OptionText&, std::int64_t value) {
  return {"number", std::to_string(value)};
}
std::pair<std::string, std::string> show_option(const OptionText& text, std::size_t value) {
  if (text.unit == "bytes") return {"size", format_size(value)};
  return {"number", std::to_string(value)};
}
std::pair<std::string, std::string> show_option(const OptionText&, Nanoseconds value) {
  return {"duration", format_duration(value)};
}
std::pair<std::string, std::string> show_option(const OptionText& text, const std::string& value) {
  return {text.choices.empty() ? "text" : std::string(text.choices),
          value.empty() ? "\"\"" : value};
}
std::pair<std::string, std::string> show_option(const OptionText&,
                                                const std::vector<std::string>& value) {
  return {"list", fmt::format("[{}]", fmt::join(value, ", "))};
}

void append_option(std::string& out, const OptionText&, const std::string& value) {
  append_json_string(out, value);
}

void append_option(std::string& out, const OptionText&, const std::vector<std::string>& value) {
  out += '[';
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (i > 0) out += ", ";
    append_json_string(out, value[i]);
  }
  out += ']';
}

Error unknown_key(const YamlNode::Member& member, const std::string& file,
                  const std::vector<std::string_view>& known) {
  std::string sentence = fmt::format("the option `{}` does not exist", printable(member.key));
  if (const auto near = nearest(member.key, known); !near.empty())
    sentence += fmt::format("; did you mean `{}`?", near);
  return {"base-10", std::move(sentence), {file, member.line, member.column}};
}

std::string options_page(std::span<const OptionInfo> infos) {
  std::string out =
      "| option | type | default | takes effect | meaning |\n| --- | --- | --- | --- | --- |\n";
  for (const OptionInfo& info : infos) {
    std::string type = info.type;
    for (std::size_t at = 0; (at = type.find('|', at)) != std::string::npos; at += 4)
      type.replace(at, 1, " or ");
    out += fmt::format("| `{}` | {} | `{}` | {} | {} |\n", info.key, type, info.default_value,
                       info.text.restart ? "at a restart" : "at a reload", info.text.sentence);
  }
  return out;
}

std::string options_file(std::span<const OptionInfo> infos) {
  std::string out;
  std::string section;
  for (const OptionInfo& info : infos) {
    const std::string own = info.key.substr(0, info.key.find('.'));
    if (own != section) out += fmt::format("{}{}:\n", section.empty() ? "" : "\n", own);
    section = own;
    out += fmt::format("  # {}\n  {}: {}\n", info.text.sentence, info.text.key, info.default_value);
  }
  return out;
}

}  // namespace tocsin::base
