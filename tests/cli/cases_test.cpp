// Behaviour stated as text: tests/cases/cli/*.case, one test a file.
//
//   # comment
//   == file NAME                a file of the case's own folder, with the text up to the next ==
//   == $ tocsin WORD...         run there; words in '...' may hold blanks
//   == out                      the whole stdout; a line `...` stands for any lines
//   == err                      the same of stderr
//   == exit N                   0 where it is not said
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <vector>

#include "cli/commands.hpp"
#include "cli/program.hpp"
#include "tests/cli/captured.hpp"
#include "tests/source_folder.hpp"

namespace tocsin::cli {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

// Does `found` consist of `expected`, where a line `...` is any number of lines?
bool fits(const std::vector<std::string>& expected, const std::vector<std::string>& found,
          std::size_t e = 0, std::size_t f = 0) {
  if (e == expected.size()) return f == found.size();
  if (expected[e] == "...") {
    for (std::size_t next = f; next <= found.size(); ++next)
      if (fits(expected, found, e + 1, next)) return true;
    return false;
  }
  return f < found.size() && expected[e] == found[f] && fits(expected, found, e + 1, f + 1);
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> out;
  bool quoted = false, open = false;
  for (const char c : text) {
    if (c == '\'') {
      quoted = !quoted;
      if (!open) out.emplace_back();
      open = true;
    } else if (c == ' ' && !quoted) {
      open = false;
    } else {
      if (!open) out.emplace_back();
      open = true;
      out.back() += c;
    }
  }
  return out;
}

// Runs a case file, block by block, in a folder of its own.
class CaseFile {
 public:
  explicit CaseFile(const fs::path& path) : path_(path) {
    before_ = fs::current_path();
    fs::current_path(folder_.path());
  }
  ~CaseFile() { fs::current_path(before_); }
  CaseFile(const CaseFile&) = delete;
  CaseFile& operator=(const CaseFile&) = delete;

  void run() {
    std::ifstream in(path_);
    std::size_t number = 0;
    for (std::string line; std::getline(in, line);) {
      ++number;
      if (line.starts_with("== ")) {
        finish_block();
        begin(line.substr(3), number);
      } else if (!block_.empty()) {
        text_ += line + "\n";
      }
    }
    finish_block();
    finish_command();
    EXPECT_GT(commands_, 0) << path_ << " runs nothing";
  }

 private:
  void begin(const std::string& header, std::size_t number) {
    text_.clear();
    block_ = header;
    if (header.starts_with("exit ")) {
      code_ = std::stoi(header.substr(5));
    } else if (header.starts_with("$ tocsin")) {
      finish_command();
      words_ = words_of(header.substr(8));
      place_ = path_.filename().string() + ":" + std::to_string(number) + ": ";
      running_ = true;
    } else {
      ASSERT_TRUE(header == "out" || header == "err" || header.starts_with("file "))
          << path_ << ":" << number << ": " << header;
    }
  }
  void finish_block() {
    if (block_.starts_with("file ")) static_cast<void>(folder_.write(block_.substr(5), text_));
    if (block_ == "out") out_ = lines_of(text_);
    if (block_ == "err") err_ = lines_of(text_);
    block_.clear();
  }
  void finish_command() {
    if (!running_) return;
    ++commands_;
    Captured captured;
    EXPECT_EQ(run_program(words_, captured.streams()), code_) << place_ << captured.err();
    EXPECT_TRUE(fits(out_, lines_of(captured.out()))) << place_ << "out:\n" << captured.out();
    EXPECT_TRUE(fits(err_, lines_of(captured.err()))) << place_ << "err:\n" << captured.err();
    out_.clear();
    err_.clear();
    code_ = exit_code::ok;
    running_ = false;
  }

  fs::path path_, before_;
  TemporaryFolder folder_;
  std::string block_, text_, place_;
  std::vector<std::string> words_, out_, err_;
  int code_ = exit_code::ok;
  int commands_ = 0;
  bool running_ = false;
};

class CliCases : public testing::TestWithParam<std::string> {};

TEST_P(CliCases, Hold) {
  const OwnPacks packs;
  CaseFile(fs::path(tocsin::source_folder()) / "tests/cases/cli" / (GetParam() + ".case")).run();
}

std::vector<std::string> case_files() {
  std::vector<std::string> names;
  for (const auto& entry :
       fs::directory_iterator(fs::path(tocsin::source_folder()) / "tests/cases/cli"))
    if (entry.path().extension() == ".case") names.push_back(entry.path().stem());
  std::sort(names.begin(), names.end());
  return names;
}

INSTANTIATE_TEST_SUITE_P(Files, CliCases, testing::ValuesIn(case_files()),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace tocsin::cli
