#include "base/json.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/text.hpp"

namespace tocsin::base {

void JsonWriter::separate() {
  if (comma_) out_ += ',';
  comma_ = true;
}

JsonWriter& JsonWriter::begin_object() {
  separate();
  out_ += '{';
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_object() {
  out_ += '}';
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::begin_array() {
  separate();
  out_ += '[';
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_array() {
  out_ += ']';
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  append_json_string(out_, name);
  out_ += ':';
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  separate();
  append_json_string(out_, text);
  return *this;
}

JsonWriter& JsonWriter::value(bool flag) { return raw(flag ? "true" : "false"); }

JsonWriter& JsonWriter::value(double number) {
  if (!std::isfinite(number)) return null();
  return raw(fmt::format("{}", number));
}

JsonWriter& JsonWriter::null() { return raw("null"); }

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

namespace {

// The sequence is valid UTF-8 of two or more bytes; true when it must not be shown as it is.
bool is_hidden_sequence(std::string_view s) {
  const auto b0 = static_cast<unsigned char>(s[0]), b1 = static_cast<unsigned char>(s[1]);
  if (s.size() == 2) return (b0 == 0xC2 && b1 < 0xA0) || (b0 == 0xD8 && b1 == 0x9C);
  if (s.size() != 3) return false;
  const auto b2 = static_cast<unsigned char>(s[2]);
  if (b0 == 0xE2 && b1 == 0x80) return (b2 >= 0x8B && b2 <= 0x8F) || (b2 >= 0xA8 && b2 <= 0xAE);
  if (b0 == 0xE2 && b1 == 0x81) return b2 >= 0xA0 && b2 <= 0xA9;
  return b0 == 0xEF && b1 == 0xBB && b2 == 0xBF;
}

void append_escaped(std::string& out, std::string_view s) {
  const auto b0 = static_cast<unsigned char>(s[0]);
  if (s.size() == 1) {
    switch (b0) {
      case '"':
        out += "\\\"";
        return;
      case '\\':
        out += "\\\\";
        return;
      case '\n':
        out += "\\n";
        return;
      case '\t':
        out += "\\t";
        return;
      case '\r':
        out += "\\r";
        return;
      default:
        out += fmt::format("\\u{:04x}", b0);
        return;
    }
  }
  unsigned c = b0 & (s.size() == 2 ? 0x1FU : 0x0FU);
  for (std::size_t i = 1; i < s.size(); ++i)
    c = (c << 6U) | (static_cast<unsigned char>(s[i]) & 0x3FU);
  out += fmt::format("\\u{:04x}", c);
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain = 0;
  std::size_t at = 0;
  auto flush = [&] { out.append(text.substr(plain, at - plain)); };
  while (at < text.size()) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\') {
      ++at;
      continue;
    }
    const std::size_t length = utf8_length(text.substr(at));
    if (length > 1 && !is_hidden_sequence(text.substr(at, length))) {
      at += length;
      continue;
    }
    flush();
    if (length == 0) {
      out += "\xEF\xBF\xBD";
    } else {
      append_escaped(out, text.substr(at, length));
    }
    at += length == 0 ? 1 : length;
    plain = at;
  }
  flush();
  out += '"';
}

}  // namespace tocsin::base
