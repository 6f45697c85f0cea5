#include "base/yaml.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <limits>
#include <sstream>
#include <unordered_set>

#include "base/text.hpp"

namespace tocsin::base {

const YamlNode* YamlNode::find(std::string_view key) const {
  for (const Member& member : members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

namespace {

// Leaves the parser from within its callbacks; caught in parse_yaml, never outside this file.
struct Refusal {
  Error error;
};

// Builds the tree from yaml-cpp's events. Containers under construction stand on a stack.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string& file, const YamlLimits& limits) : file_(file), limits_(limits) {}

  std::vector<YamlNode> documents;

  void OnDocumentStart(const YAML::Mark&) override { documents.emplace_back(); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    add(make(mark, YamlNode::Kind::null));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark, "base-4", "aliases (*name) are not allowed");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    YamlNode node = make(mark, YamlNode::Kind::scalar);
    node.quoted = tag == "!";
    if (!node.quoted && (value == "~" || value == "null" || value == "Null" || value == "NULL")) {
      node.kind = YamlNode::Kind::null;
    }
    node.text = value;
    add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    start(mark, tag, anchor, YamlNode::Kind::sequence);
  }
  void OnSequenceEnd() override { finish(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    start(mark, tag, anchor, YamlNode::Kind::map);
  }
  void OnMapEnd() override { finish(); }

 private:
  struct Open {
    YamlNode node;
    bool has_key = false;
    YamlNode::Member pending;
    std::unordered_set<std::string> keys;
  };

  [[noreturn]] void refuse(const YAML::Mark& mark, const char* code, std::string sentence) const {
    throw Refusal{Error{code,
                        std::move(sentence),
                        {file_, static_cast<std::uint32_t>(mark.line + 1),
                         static_cast<std::uint32_t>(mark.column + 1)}}};
  }
  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) const {
    if (anchor != 0) refuse(mark, "base-4", "anchors (&name) are not allowed");
  }
  void refuse_tag(const YAML::Mark& mark, const std::string& tag) const {
    if (!tag.empty() && tag != "?" && tag != "!")
      refuse(mark, "base-4", "tags (!name) are not allowed");
  }

  YamlNode make(const YAML::Mark& mark, YamlNode::Kind kind) {
    if (++nodes_ > limits_.nodes)
      refuse(mark, "base-2", fmt::format("more than {} values in one file", limits_.nodes));
    YamlNode node;
    node.kind = kind;
    node.line = static_cast<std::uint32_t>(mark.line + 1);
    node.column = static_cast<std::uint32_t>(mark.column + 1);
    return node;
  }

  void start(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
             YamlNode::Kind kind) {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    if (open_.size() >= limits_.depth)
      refuse(mark, "base-2", fmt::format("nested deeper than {} levels", limits_.depth));
    if (!open_.empty() && open_.back().node.is_map() && !open_.back().has_key) {
      refuse(mark, "base-1", "a key must be plain text");
    }
    open_.push_back({make(mark, kind), false, {}, {}});
  }

  void finish() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(node));
  }

  void add(YamlNode node) {
    if (open_.empty()) {
      documents.back() = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.is_sequence()) {
      parent.node.items.push_back(std::move(node));
      return;
    }
    if (!parent.has_key) {
      if (!parent.keys.insert(node.text).second) {
        throw Refusal{Error{"base-3",
                            fmt::format("the key `{}` is there twice", printable(node.text)),
                            origin_of(file_, node)}};
      }
      parent.pending = {std::move(node.text), node.quoted, node.line, node.column, {}};
      parent.has_key = true;
      return;
    }
    parent.pending.value = std::move(node);
    parent.node.members.push_back(std::move(parent.pending));
    parent.has_key = false;
  }

  const std::string& file_;
  YamlLimits limits_;
  std::size_t nodes_ = 0;
  std::vector<Open> open_;
};

Origin origin_at(const std::string& file, std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto line = static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n') + 1);
  const std::size_t newline = before.rfind('\n');
  const std::size_t start = newline == std::string_view::npos ? 0 : newline + 1;
  return {file, line, static_cast<std::uint32_t>(offset - start + 1)};
}

std::optional<Error> find_bad_byte(const std::string& file, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text.substr(at));
    if (length == 0) return Error{"base-4", "not UTF-8", origin_at(file, text, at)};
    const auto byte = static_cast<unsigned char>(text[at]);
    if (length == 1 &&
        (byte == 0x7F || (byte < 0x20 && byte != '\n' && byte != '\t' && byte != '\r'))) {
      return Error{"base-4", fmt::format("the control character {:#04x} is not allowed", byte),
                   origin_at(file, text, at)};
    }
    at += length;
  }
  return std::nullopt;
}

}  // namespace

Result<std::vector<YamlNode>> parse_yaml(const SourceText& source, const YamlLimits& limits) {
  std::string_view text = source.text;
  if (text.size() > limits.bytes) {
    return fail("base-2", fmt::format("longer than {} bytes", limits.bytes), {source.name, 1, 1});
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (auto bad = find_bad_byte(source.name, text)) return std::unexpected(std::move(*bad));
  TreeBuilder builder(source.name, limits);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (Refusal& refusal) {
    return std::unexpected(std::move(refusal.error));
  } catch (const YAML::Exception& error) {
    return fail("base-1", error.msg,
                {source.name, static_cast<std::uint32_t>(error.mark.line + 1),
                 static_cast<std::uint32_t>(error.mark.column + 1)});
  }
  return std::move(builder.documents);
}

std::optional<bool> YamlNode::as_bool() const {
  if (!is_scalar() || quoted) return std::nullopt;
  for (const char* word : {"yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"}) {
    if (text == word) return true;
  }
  for (const char* word : {"no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"}) {
    if (text == word) return false;
  }
  return std::nullopt;
}

namespace {

// Digits of `base` with underscores between them, or nothing.
std::optional<std::int64_t> digits(std::string_view text, int base) {
  if (text.empty()) return std::nullopt;
  std::int64_t value = 0;
  for (char c : text) {
    if (c == '_') continue;
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : 99;
    if (digit >= base) return std::nullopt;
    if (__builtin_mul_overflow(value, base, &value) || __builtin_add_overflow(value, digit, &value))
      return std::nullopt;
  }
  return value;
}

// 12:30:00 counts in sixties; every part but the first has one or two digits below 60.
std::optional<std::int64_t> sexagesimal(std::string_view text) {
  std::int64_t value = 0;
  bool first = true;
  while (true) {
    const std::size_t colon = text.find(':');
    const std::string_view part = text.substr(0, colon);
    const auto number = digits(part, 10);
    if (!number || part[0] == '_' || (!first && (part.size() > 2 || *number > 59)))
      return std::nullopt;
    if (first && part[0] == '0') return std::nullopt;
    if (__builtin_mul_overflow(value, std::int64_t{60}, &value) ||
        __builtin_add_overflow(value, *number, &value))
      return std::nullopt;
    if (colon == std::string_view::npos) return value;
    text.remove_prefix(colon + 1);
    first = false;
  }
}

std::optional<std::int64_t> unsigned_integer(std::string_view text) {
  if (text.empty() || text[0] == '_') return std::nullopt;
  if (text.starts_with("0x")) return digits(text.substr(2), 16);
  if (text.starts_with("0b")) return digits(text.substr(2), 2);
  if (text == "0") return 0;
  if (text[0] == '0') return digits(text.substr(1), 8);
  if (text.find(':') != std::string_view::npos) return sexagesimal(text);
  return digits(text, 10);
}

}  // namespace

std::optional<std::int64_t> YamlNode::as_integer() const {
  if (!is_scalar() || quoted) return std::nullopt;
  std::string_view digits_only = text;
  const bool negative = digits_only.starts_with('-');
  if (negative || digits_only.starts_with('+')) digits_only.remove_prefix(1);
  const auto value = unsigned_integer(digits_only);
  if (!value) return std::nullopt;
  return negative ? -*value : *value;
}

std::optional<double> YamlNode::as_float() const {
  if (!is_scalar() || quoted) return std::nullopt;
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  const double sign = negative ? -1.0 : 1.0;
  if (rest == ".inf" || rest == ".Inf" || rest == ".INF")
    return sign * std::numeric_limits<double>::infinity();
  if (text == ".nan" || text == ".NaN" || text == ".NAN")
    return std::numeric_limits<double>::quiet_NaN();
  // PyYAML: a point is needed, an exponent needs its sign.
  const std::size_t point = rest.find('.');
  if (point == std::string_view::npos || rest.find(':') != std::string_view::npos)
    return std::nullopt;
  const std::size_t exponent = rest.find_first_of("eE");
  if (exponent != std::string_view::npos &&
      (exponent < point || exponent + 1 >= rest.size() ||
       (rest[exponent + 1] != '+' && rest[exponent + 1] != '-'))) {
    return std::nullopt;
  }
  std::string plain;
  for (char c : rest) {
    if (c != '_') plain += c;
  }
  if (plain.find_first_not_of("0123456789.eE+-") != std::string::npos || plain == ".")
    return std::nullopt;
  if (plain.front() == '.') plain.insert(0, "0");
  const auto value = parse_number(plain.ends_with('.') ? plain + "0" : plain);
  if (!value) return std::nullopt;
  return sign * *value;
}

Result<SourceText> read_source(const std::string& path, std::size_t limit) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail("base-5", "cannot be read: " + system_text(errno), {path});
  SourceText source{path, {}};
  struct stat status = {};
  if (::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
    ::close(fd);
    return fail("base-5", "is a folder, a file was expected", {path});
  }
  // One byte more than the file says it has shows its end in one read; packs are thousands of small
  // files, so that no text keeps room that it does not need.
  const auto stated = static_cast<std::size_t>(std::max<off_t>(status.st_size, 0)) + 1;
  while (source.text.size() <= limit) {
    const std::size_t had = source.text.size();
    const std::size_t wanted = had < stated ? stated - had : std::size_t{64 * 1024};
    source.text.resize(had + std::min(limit + 1 - had, wanted));
    const ssize_t got = ::read(fd, source.text.data() + had, source.text.size() - had);
    const int error = errno;
    source.text.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0 && error == EINTR) continue;
    if (got < 0) {
      ::close(fd);
      return fail("base-5", "cannot be read: " + system_text(error), {path});
    }
    if (got == 0 || source.text.size() + 1 == stated) break;
  }
  ::close(fd);
  if (source.text.size() > limit)
    return fail("base-5", fmt::format("longer than {} bytes", limit), {path});
  return source;
}

}  // namespace tocsin::base
