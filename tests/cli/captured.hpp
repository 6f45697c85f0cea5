// What a command reads and says in a test, and a folder of its own that goes when the test ends.
// Threads:   one
// Tested by: tests/cli/streams_test.cpp
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "cli/streams.hpp"
#include "tests/source_folder.hpp"
#include "tests/temporary_folder.hpp"

namespace tocsin::cli {

// Streams into memory; `input` is what the command reads.
class Captured {
 public:
  explicit Captured(std::string_view input = {})
      : in_(std::tmpfile()), out_(std::tmpfile()), err_(std::tmpfile()) {
    put(in_, input);
    std::rewind(in_);
    streams_ = {in_, out_, err_};
  }
  ~Captured() {
    for (std::FILE* file : {in_, out_, err_}) std::fclose(file);
  }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;

  [[nodiscard]] const Streams& streams() const { return streams_; }
  [[nodiscard]] std::string out() const { return text(out_); }
  [[nodiscard]] std::string err() const { return text(err_); }

 private:
  static std::string text(std::FILE* file) {
    std::fflush(file);
    std::string out(static_cast<std::size_t>(std::ftell(file)), '\0');
    std::rewind(file);
    out.resize(std::fread(out.data(), 1, out.size(), file));
    std::fseek(file, 0, SEEK_END);
    return out;
  }
  std::FILE *in_, *out_, *err_;
  Streams streams_;
};

// The packs of this checkout, whatever program runs the test.
class OwnPacks {
 public:
  OwnPacks() {
    std::filesystem::create_directory(folder_.path("share"));
    for (const auto& [name, from] :
         {std::pair("decoders", "ingest/decoders"), std::pair("mappings", "rules/mappings"),
          std::pair("rules", "rules/packs")}) {
      std::filesystem::create_directory_symlink(tocsin::source_folder() + "/" + from,
                                                folder_.path("share") + "/" + name);
    }
    ::setenv("TOCSIN_SHARE", folder_.path("share").c_str(), 1);
  }
  ~OwnPacks() { ::unsetenv("TOCSIN_SHARE"); }

 private:
  TemporaryFolder folder_;
};

}  // namespace tocsin::cli
