// The one JSON encoder: whatever bytes go in, valid and harmless JSON comes out.
// Threads:   one
// Errors:    none; bad UTF-8 becomes U+FFFD, control and bidi characters are escaped
// Source:    RFC 8259
// Tested by: tests/base/json_test.cpp
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin::base {

// Appends to a string that the caller owns. Keys and values alternate inside an object; commas are
// its own affair.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(bool flag);
  template <std::integral Number>
  JsonWriter& value(Number number) {
    return raw(std::to_string(number));
  }
  JsonWriter& value(double number);
  JsonWriter& null();
  // `json` is already valid JSON.
  JsonWriter& raw(std::string_view json);

  template <typename T>
  JsonWriter& member(std::string_view name, const T& thing) {
    return key(name).value(thing);
  }

 private:
  void separate();

  std::string& out_;
  bool comma_ = false;
};

// `text` with quotes around it.
void append_json_string(std::string& out, std::string_view text);

}  // namespace tocsin::base
