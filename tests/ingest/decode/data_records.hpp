// Records of the test data outside the repository, and how far our reading agrees with theirs.
#pragma once

#include <gtest/gtest.h>
#include <simdjson.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::ingest {

// Empty when TOCSIN_DATA is not set.
inline std::filesystem::path data_folder() {
  const char* folder = std::getenv("TOCSIN_DATA");
  return folder == nullptr ? std::filesystem::path() : std::filesystem::path(folder);
}

inline std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  EXPECT_FALSE(lines.empty()) << file;
  return lines;
}

inline std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> out;
  for (;;) {
    const std::size_t end = text.find('\n');
    out.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

// A JSON scalar as the decoders would give it.
inline std::string scalar(simdjson::dom::element element) {
  if (element.is_string()) return std::string(element.get_string().value());
  return simdjson::minify(element);
}

// Counts how many statements of a source agree, and shows those that do not.
class Agreement {
 public:
  explicit Agreement(std::string name) : name_(std::move(name)) {}
  void check(std::string_view where, std::string_view key, std::string_view wanted,
             std::string_view got) {
    ++total_;
    if (wanted == got) {
      ++agreed_;
    } else if (++shown_ <= 40) {
      std::cout << name_ << " " << where << " " << key << ": wanted '" << wanted.substr(0, 100)
                << "', got '" << got.substr(0, 100) << "'\n";
    }
  }
  void at_least(double share) const {
    std::cout << name_ << ": " << agreed_ << " of " << total_ << " agree\n";
    EXPECT_GT(total_, 0U) << name_;
    EXPECT_GE(static_cast<double>(agreed_), share * static_cast<double>(total_)) << name_;
  }

 private:
  std::string name_;
  std::size_t agreed_ = 0;
  std::size_t total_ = 0;
  std::size_t shown_ = 0;
};

}  // namespace tocsin::ingest
