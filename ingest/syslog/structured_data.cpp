#include "ingest/syslog/structured_data.hpp"

#include <algorithm>
#include <array>

namespace tocsin::ingest {

namespace {

constexpr std::size_t max_name = 32;
constexpr std::size_t compared_ids = 64;

// SD-NAME = 1*32PRINTUSASCII, without '=', SP, ']', '"'
std::size_t name_size(std::string_view text) {
  std::size_t size = 0;
  while (size < text.size()) {
    const auto c = static_cast<unsigned char>(text[size]);
    if (c <= ' ' || c >= 0x7F || c == '=' || c == ']' || c == '"') break;
    ++size;
  }
  return size;
}

// Where the value that begins behind the opening quote ends; npos when it does not.
std::size_t value_size(std::string_view text, bool& has_escape, bool& has_bracket) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') return at;
    if (c == ']') has_bracket = true;
    if (c == '\\' && at + 1 < text.size()) {
      has_escape = true;
      ++at;
    }
  }
  return std::string_view::npos;
}

// Only '"', '\' and ']' are escaped; a backslash before anything else is a backslash.
std::string_view unescape(std::string_view text, base::Arena& arena) {
  char* const out = arena.allocate(text.size());
  std::size_t size = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\' && at + 1 < text.size() &&
        (text[at + 1] == '"' || text[at + 1] == '\\' || text[at + 1] == ']'))
      ++at;
    out[size++] = text[at];
  }
  arena.shrink(text.size() - size);
  return {out, size};
}

}  // namespace

// STRUCTURED-DATA = 1*SD-ELEMENT
// SD-ELEMENT      = "[" SD-ID *(SP SD-PARAM) "]"
// SD-PARAM        = PARAM-NAME "=" %d34 PARAM-VALUE %d34
StructuredDataCheck check_structured_data(std::string_view text) {
  StructuredDataCheck check;
  std::array<std::string_view, compared_ids> ids;
  std::size_t at = 0;
  while (at < text.size() && text[at] == '[') {
    ++at;
    const std::size_t id_size = name_size(text.substr(at));
    if (id_size == 0) return {};
    const std::string_view id = text.substr(at, id_size);
    check.faulty = check.faulty || id_size > max_name;
    if (check.elements < compared_ids) {
      auto* const end = ids.begin() + check.elements;
      check.faulty = check.faulty || std::find(ids.begin(), end, id) != end;
      *end = id;
    }
    ++check.elements;
    at += id_size;
    while (at < text.size() && text[at] == ' ') {
      ++at;
      const std::size_t size = name_size(text.substr(at));
      if (size == 0 || !text.substr(at + size).starts_with("=\"")) return {};
      check.faulty = check.faulty || size > max_name;
      at += size + 2;
      bool has_escape = false;
      const std::size_t value = value_size(text.substr(at), has_escape, check.faulty);
      if (value == std::string_view::npos) return {};
      at += value + 1;
      ++check.parameters;
    }
    if (at == text.size() || text[at] != ']') return {};
    ++at;
  }
  check.size = at;
  return check;
}

bool StructuredDataReader::next(base::Arena& arena, StructuredDataParameter& out) {
  while (!text_.empty()) {
    const char c = text_.front();
    text_.remove_prefix(1);
    if (c == '[') {
      if (elements_left_ == 0) break;
      --elements_left_;
      const std::size_t size = name_size(text_);
      id_ = text_.substr(0, size);
      text_.remove_prefix(size);
      if (text_.starts_with(']')) {
        out = {id_, {}, {}};
        return true;
      }
      continue;
    }
    if (c == ']') continue;
    if (parameters_left_ == 0) break;
    --parameters_left_;
    const std::size_t size = name_size(text_);
    if (!text_.substr(std::min(size, text_.size())).starts_with("=\"")) break;
    out.id = id_;
    out.name = text_.substr(0, size);
    text_.remove_prefix(size + 2);
    bool has_escape = false;
    bool has_bracket = false;
    const std::size_t end = value_size(text_, has_escape, has_bracket);
    if (end == std::string_view::npos) break;
    const std::string_view value = text_.substr(0, end);
    out.value = has_escape ? unescape(value, arena) : value;
    text_.remove_prefix(end + 1);
    return true;
  }
  text_ = {};
  return false;
}

}  // namespace tocsin::ingest
