// A text with a star before it, behind it, or none: how decoders compare values.
// Threads:   values
// Source:    docs/decoders.md, "Values and keys"
// Tested by: tests/ingest/decode/glob_test.cpp
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin::ingest {

// "x" is x alone, "x*" what begins with x, "*x" what ends with it, "*x*" what holds it, "*" any
// text. A star elsewhere stands for itself.
class Glob {
 public:
  enum class Case : std::uint8_t { exact, ascii_folded };

  explicit Glob(std::string_view written, Case letters = Case::exact)
      : folded_(letters == Case::ascii_folded),
        open_front_(written.starts_with('*')),
        open_back_(written.ends_with('*')) {
    if (open_front_) written.remove_prefix(1);
    if (open_back_ && !written.empty()) written.remove_suffix(1);
    text_ = written;
    if (folded_) std::transform(text_.begin(), text_.end(), text_.begin(), lower);
  }

  static constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  }

  [[nodiscard]] bool fits(std::string_view text) const {
    if (text.size() < text_.size()) return false;
    if (open_front_ && open_back_) return holds(text);
    if (open_front_) return equals(text.substr(text.size() - text_.size()));
    return (open_back_ || text.size() == text_.size()) && equals(text.substr(0, text_.size()));
  }

  [[nodiscard]] bool is_exact() const { return !open_front_ && !open_back_; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  // Of the same size.
  [[nodiscard]] bool equals(std::string_view text) const {
    return text == text_ || (folded_ && std::equal(text.begin(), text.end(), text_.begin(),
                                                   [](char a, char b) { return lower(a) == b; }));
  }
  [[nodiscard]] bool holds(std::string_view text) const {
    if (!folded_) return text.find(text_) != std::string_view::npos;
    return std::search(text.begin(), text.end(), text_.begin(), text_.end(),
                       [](char a, char b) { return lower(a) == b; }) != text.end() ||
           text_.empty();
  }

  std::string text_;  // in lower case when folded
  bool folded_;
  bool open_front_;
  bool open_back_;
};

}  // namespace tocsin::ingest
