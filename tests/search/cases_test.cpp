// Behaviour stated as text: tests/cases/search/*.case, one test a file.
//
//   @ TIME RAW         an event that came as RAW; the lines NAME = VALUE behind it are its fields
//                      (NAME := VALUE: a number). Events are numbered from 1 in each file
//   ? QUERY            a query over all events so far
//   -> 1 3             the events that it finds, in the order in which they come out
//   => JSON            a row that comes out, one line each, in order; `=> none` for no row
//   !! COLUMN CODE     it is refused there
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"
#include "search/evaluate.hpp"
#include "search/parser.hpp"
#include "search/stages.hpp"
#include "tests/source_folder.hpp"

namespace tocsin::search {
namespace {

class CaseFile {
 public:
  explicit CaseFile(std::string name) : name_(std::move(name)) {}

  void run(std::istream& in) {
    for (std::string line; std::getline(in, line); ++line_) {
      if (line.empty() || line.starts_with('#')) continue;
      if (line.starts_with("@ ")) {
        add_event(line.substr(2));
      } else if (line.starts_with("? ")) {
        finish();
        query_ = line.substr(2);
        asked_at_ = line_;
        expected_.clear();
      } else if (line.starts_with("-> ") || line.starts_with("=> ") || line.starts_with("!! ")) {
        expected_.push_back(line);
      } else {
        add_field(line);
      }
    }
    finish();
    EXPECT_GT(judged_, 0) << name_ << " states nothing";
  }

 private:
  void add_event(const std::string& line) {
    finish();
    const std::size_t blank = line.find(' ');
    const auto time = base::parse_rfc3339(line.substr(0, blank));
    ASSERT_TRUE(time) << name_ << ":" << line_;
    Row row;
    row.time = base::EventTime(*time);
    row.seq = event::Seq(events_.size() + 1);
    row.raw = blank == std::string::npos ? "" : line.substr(blank + 1);
    row.cells.push_back({"@timestamp", base::format_rfc3339(*time), {}});
    events_.push_back(std::move(row));
  }

  void add_field(const std::string& line) {
    const std::size_t equals = line.find(" = "), number = line.find(" := ");
    const std::size_t at = std::min(equals, number);
    ASSERT_NE(at, std::string::npos) << name_ << ":" << line_;
    ASSERT_FALSE(events_.empty()) << name_ << ":" << line_;
    const bool is_number = at == number;
    std::string value = line.substr(at + (is_number ? 4 : 3));
    auto kind = is_number ? event::ValueKind::number : event::ValueKind::text;
    if (value == "null!") kind = event::ValueKind::null;
    events_.back().cells.push_back({line.substr(0, at), std::move(value), kind});
  }

  void finish() {
    if (query_.empty()) return;
    ++judged_;
    const std::string place = fmt::format("{}:{}: {}", name_, asked_at_, query_);
    ASSERT_FALSE(expected_.empty()) << place;
    const auto query = parse_query(query_);
    query_.clear();
    if (expected_.front().starts_with("!! ")) {
      ASSERT_FALSE(query) << place;
      EXPECT_EQ(fmt::format("!! {} {}", query.error().origin.column, query.error().code),
                expected_.front())
          << place << "\n"
          << base::to_string(query.error());
      EXPECT_EQ(query.error().origin.line, 1U) << place;
      return;
    }
    ASSERT_TRUE(query) << place << "\n" << base::to_string(query.error());
    judge(*query, place);
  }

  void judge(const Query& query, const std::string& place) {
    std::vector<Row> out;
    Stages stages(query, 0, [&out](Row row) {
      out.push_back(std::move(row));
      return true;
    });
    Scratch scratch;
    std::vector<Row> newest_first = events_;
    std::ranges::sort(newest_first, stands_before);
    for (const Row& row : newest_first) {
      if (holds(query.filter, RowRecord(row, query.fields), scratch) && !stages.take(row)) break;
    }
    ASSERT_TRUE(stages.finish()) << place;
    std::vector<std::string> got;
    if (expected_.front().starts_with("-> ")) {
      std::string line = "->";
      for (const Row& row : out) line += " " + std::to_string(row.seq.value);
      got.push_back(out.empty() ? "-> none" : line);
    } else {
      for (const Row& row : out) {
        std::string line = "=> ";
        base::JsonWriter json(line);
        write_json(row, json);
        got.push_back(std::move(line));
      }
      if (got.empty()) got.emplace_back("=> none");
    }
    EXPECT_EQ(got, expected_) << place;
  }

  std::string name_;
  std::vector<Row> events_;
  std::string query_;
  std::vector<std::string> expected_;
  int line_ = 1;
  int asked_at_ = 0;
  int judged_ = 0;
};

class SearchCases : public testing::TestWithParam<std::string> {};

TEST_P(SearchCases, Holds) {
  std::ifstream in(source_folder() + "/tests/cases/search/" + GetParam());
  ASSERT_TRUE(in);
  CaseFile(GetParam()).run(in);
}

std::vector<std::string> case_files() {
  std::vector<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(source_folder() + "/tests/cases/search"))
    names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, SearchCases, testing::ValuesIn(case_files()), [](const auto& tested) {
  std::string name = tested.param;
  std::ranges::replace(name, '.', '_');
  return name;
});

}  // namespace
}  // namespace tocsin::search
