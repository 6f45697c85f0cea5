#include "ingest/decode/audit_head.hpp"

#include <algorithm>
#include <charconv>

#include "base/time.hpp"

namespace tocsin::ingest {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <typename Number>
bool take_number(std::string_view& text, Number& out) {
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (status != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
}

// "(SECONDS.FRACTION:SERIAL)" and the colon behind it.
bool take_stamp(std::string_view& text, AuditHead& head) {
  std::uint64_t seconds = 0;
  std::uint64_t serial = 0;
  if (!text.starts_with('(')) return false;
  text.remove_prefix(1);
  if (!take_number(text, seconds) || seconds > INT64_MAX / base::ns_per_second - 1) return false;
  head.ns = static_cast<std::int64_t>(seconds) * base::ns_per_second;
  if (!text.starts_with('.')) return false;
  text.remove_prefix(1);
  std::int64_t scale = base::ns_per_second / 10;
  if (text.empty() || !is_digit(text[0])) return false;
  for (; !text.empty() && is_digit(text[0]); text.remove_prefix(1), scale /= 10) {
    head.ns += scale * (text[0] - '0');
  }
  if (!text.starts_with(':')) return false;
  text.remove_prefix(1);
  const char* first = text.data();
  if (!take_number(text, serial)) return false;
  head.serial = {first, static_cast<std::size_t>(text.data() - first)};
  if (!text.starts_with(')')) return false;
  text.remove_prefix(1);
  if (text.starts_with(':')) text.remove_prefix(1);
  return true;
}

std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

}  // namespace

bool take_audit_head(std::string_view& text, AuditHead& head) {
  skip_blanks(text);
  if (text.starts_with('[')) {  // the kernel's uptime
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos || end > 20) return false;
    text.remove_prefix(end + 1);
    skip_blanks(text);
  }
  if (text.starts_with("audit: ")) text.remove_prefix(7);
  if (text.starts_with("node=")) {
    text.remove_prefix(5);
    head.node = take_word(text);
    skip_blanks(text);
  }
  if (text.starts_with("type=")) {
    text.remove_prefix(5);
    head.type_text = take_word(text);
    skip_blanks(text);
    std::string_view number = head.type_text;
    if (number.starts_with("UNKNOWN[")) number.remove_prefix(8);
    std::uint32_t value = 0;
    if (!number.empty() && is_digit(number[0]) && take_number(number, value) &&
        (number.empty() || number == "]")) {
      head.numbered = true;
      head.type = audit_type(value);
      if (head.type != nullptr) head.type_text = head.type->name;
    } else {
      head.type = audit_type(head.type_text);
    }
  }
  if (text.starts_with("msg=")) text.remove_prefix(4);
  if (!text.starts_with("audit")) return false;
  text.remove_prefix(5);
  return take_stamp(text, head);
}

}  // namespace tocsin::ingest
