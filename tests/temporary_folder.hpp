// A folder that is a test's own, whoever else runs the same test at the same time; gone with it.
// Threads:   one
// Tested by: the tests that use it
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>

namespace tocsin {

inline void write_file(const std::string& path, std::string_view text,
                       std::ios::openmode mode = std::ios::trunc) {
  std::ofstream out(path, std::ios::binary | mode);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  ASSERT_TRUE(out.flush().good()) << path;
}

inline void append_file(const std::string& path, std::string_view text) {
  write_file(path, text, std::ios::app);
}

inline std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::string& place = testing::TempDir()) {
    std::string name = place + "/tocsin-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = std::filesystem::path(name).lexically_normal();
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string path(std::string_view name) const { return *this / name; }
  [[nodiscard]] std::string operator/(std::string_view name) const {
    return path_ + "/" + std::string(name);
  }
  // These give the path of the file.
  std::string write(std::string_view name, std::string_view text) const {
    std::filesystem::create_directories(std::filesystem::path(*this / name).parent_path());
    write_file(*this / name, text);
    return *this / name;
  }
  std::string append(std::string_view name, std::string_view text) const {
    append_file(*this / name, text);
    return *this / name;
  }
  [[nodiscard]] std::string read(std::string_view name) const { return read_file(*this / name); }

 private:
  std::string path_;
};

}  // namespace tocsin
