// A text with a star before it, behind it, or none: how decoders compare values.
// Threads:   values
// Source:    docs/decoders.md, "Values and keys"
// Tested by: tests/ingest/decode/glob_test.cpp
#pragma once

#include <string>
#include <string_view>

namespace tocsin::ingest {

// "x" is x alone, "x*" what begins with x, "*x" what ends with it, "*x*" what holds it, "*" any
// text. A star elsewhere stands for itself.
class Glob {
 public:
  explicit Glob(std::string_view written)
      : open_front_(written.starts_with('*')), open_back_(written.ends_with('*')) {
    if (open_front_) written.remove_prefix(1);
    if (open_back_ && !written.empty()) written.remove_suffix(1);
    text_ = written;
  }

  [[nodiscard]] bool fits(std::string_view text) const {
    if (open_front_ && open_back_) return text.find(text_) != std::string_view::npos;
    if (open_front_) return text.ends_with(text_);
    return open_back_ ? text.starts_with(text_) : text == text_;
  }

  [[nodiscard]] bool is_exact() const { return !open_front_ && !open_back_; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
  bool open_front_;
  bool open_back_;
};

}  // namespace tocsin::ingest
