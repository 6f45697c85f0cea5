// Behaviour stated as text: tests/cases/rules/*.case, one test a file.
//
//   # MARK, MARK: comment      cites marks of the conformance list (marks_test)
//   == rules                    documents as in a rule file
//   == detection TITLE          the value of `detection` alone; log source product: p
//   == errors                   lines "LINE:COLUMN CODE" expected of all documents so far; those
//                               of value lists begin with "lists "
//   == warnings                 the same
//   == lists                    a file of value lists, for what follows
//   == event [CATEGORY/PRODUCT/SERVICE]...   default -/p/-
//   raw = TEXT                  the line as it came
//   FIELD = VALUE               "..." may hold \n \t \\ \" \xNN; null! is a null value
//   -> TITLE, TITLE             rules met; `none` for none
//
// `== rules`, `== detection` and `== lists` behind an event or error block begin anew.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "rules/matcher.hpp"
#include "tests/reference/slow_matcher.hpp"
#include "tests/source_folder.hpp"

namespace tocsin::rules {
namespace {

using reference::SlowEvent;

std::string unquoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  std::string out;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    const char c = text[++i];
    if (c == 'x') {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += c == 'n' ? '\n' : c == 't' ? '\t' : c;
    }
  }
  return out;
}

std::vector<event::Logsource> logsources_of(std::string_view text) {
  std::vector<event::Logsource> out;
  std::istringstream words{std::string(text)};
  for (std::string word; words >> word;) {
    std::vector<std::string> parts;
    std::istringstream stream(word);
    for (std::string part; std::getline(stream, part, '/');)
      parts.push_back(part == "-" ? "" : part);
    parts.resize(3);
    out.push_back({parts[0], parts[1], parts[2]});
  }
  if (out.empty()) out.push_back({"", "p", ""});
  return out;
}

// Reads a case file and judges it, block by block.
class CaseFile {
 public:
  explicit CaseFile(std::string name) : name_(std::move(name)) {}

  void run(std::istream& in) {
    std::string line;
    for (; std::getline(in, line); ++line_) {
      if (line.starts_with("== ")) {
        finish();
        begin(line.substr(3));
      } else if (block_ == "rules" || block_ == "detection") {
        source_.text += (block_ == "detection" ? "    " : "") + line + "\n";
      } else if (block_ == "lists") {
        lists_.text += line + "\n";
      } else if (!line.empty() && line[0] != '#') {
        lines_.push_back(line);
      }
    }
    finish();
    EXPECT_GT(judged_, 0) << name_ << " states nothing";
  }

 private:
  void begin(const std::string& header) {
    const std::size_t blank = header.find(' ');
    block_ = header.substr(0, blank);
    const std::string rest = blank == std::string::npos ? "" : header.substr(blank + 1);
    begun_at_ = line_;
    lines_.clear();
    if (block_ == "rules" || block_ == "detection" || block_ == "lists") {
      if (judged_since_) source_.text.clear();
      if (judged_since_ || block_ == "lists") lists_.text.clear();
      judged_since_ = false;
      if (block_ == "detection") {
        source_.text +=
            fmt::format("---\ntitle: '{}'\nlogsource: {{product: p}}\ndetection:\n", rest);
      }
    } else if (block_ == "event") {
      event_ = {logsources_of(rest), {}, ""};
    } else {
      ASSERT_TRUE(block_ == "errors" || block_ == "warnings") << place() << header;
    }
  }

  void finish() {
    if (block_ == "errors" || block_ == "warnings") judge_errors();
    if (block_ == "event") judge_event();
    if (block_ != "rules" && block_ != "detection" && block_ != "lists" && !block_.empty()) {
      judged_since_ = true;
      ++judged_;
    }
  }

  void judge_errors() {
    event::FieldTable fields;
    const auto loaded = RuleSet::load({&source_, 1}, fields, {}, lists());
    std::vector<std::string> found;
    for (const base::Error& error : block_ == "errors" ? loaded.errors : loaded.warnings)
      found.push_back(fmt::format("{}{}:{} {}", error.origin.name == lists_.name ? "lists " : "",
                                  error.origin.line, error.origin.column, error.code));
    EXPECT_EQ(found, lines_) << place() << sentences(loaded.errors) << sentences(loaded.warnings);
  }

  static std::string sentences(const base::Errors& errors) {
    std::string out;
    for (const base::Error& error : errors) out += base::to_string(error) + "\n";
    return out;
  }

  void judge_event() {
    std::vector<std::string> expected;
    bool is_stated = false;
    for (const std::string& line : lines_) {
      if (line.starts_with("-> ")) {
        is_stated = true;
        std::istringstream titles(line.substr(3));
        for (std::string title; std::getline(titles >> std::ws, title, ',');)
          if (title != "none") expected.push_back(title);
        continue;
      }
      const std::size_t equals = line.find(" =");
      ASSERT_NE(equals, std::string::npos) << place() << line;
      const std::string name = line.substr(0, equals);
      const std::string value = line.size() > equals + 3 ? line.substr(equals + 3) : "";
      if (name == "raw") {
        event_.raw = unquoted(value);
      } else {
        event_.fields.push_back(
            {name, value == "null!" ? "null" : unquoted(value), value == "null!"});
      }
    }
    ASSERT_TRUE(is_stated) << place() << "no line with ->";
    std::ranges::sort(expected);
    base::Errors list_errors;
    const Documents documents =
        read_documents({&source_, 1}, ValueLists::read(lists(), list_errors));
    EXPECT_TRUE(documents.errors.empty()) << place() << sentences(documents.errors);
    EXPECT_EQ(fast(), expected) << place() << "fast matcher";
    EXPECT_EQ(slow(documents), expected) << place() << "slow matcher";
  }

  std::vector<std::string> fast() {
    event::FieldTable fields;
    const auto loaded = RuleSet::load({&source_, 1}, fields, {}, lists());
    event::LogsourceTable logsources;
    event::Batch batch;
    batch.add_frame(event_.raw, event::SourceId(0), base::ReceivedTime(0));
    event::Event event;
    event.logsource = logsources.intern(event_.logsources);
    for (const reference::SlowField& field : event_.fields) {
      batch.fields.emplace_back(fields.intern(field.name), field.value,
                                field.is_null ? event::ValueKind::null : event::ValueKind::text);
    }
    event.field_count = static_cast<std::uint16_t>(batch.fields.size());
    batch.events.push_back(event);
    Matcher matcher(loaded.rules, logsources, fields);
    matcher.match(batch);
    std::vector<std::string> out;
    for (const event::Detection& detection : batch.detections)
      out.push_back((*loaded.rules)[detection.rule].title);
    std::ranges::sort(out);
    return out;
  }

  // The slow matcher tells rules by their id; here they have none, so each is asked alone.
  [[nodiscard]] std::vector<std::string> slow(const Documents& documents) const {
    std::vector<std::string> out;
    for (const RuleDocument& rule : documents.rules) {
      Documents one;
      one.rules.push_back(rule);
      one.filters = documents.filters;
      if (!reference::SlowMatcher(one).match(event_).empty()) out.push_back(rule.metadata.title);
    }
    std::ranges::sort(out);
    return out;
  }

  [[nodiscard]] std::span<const base::SourceText> lists() const {
    return {&lists_, lists_.text.empty() ? 0U : 1U};
  }
  [[nodiscard]] std::string place() const { return fmt::format("{}:{}: ", name_, begun_at_); }

  std::string name_;
  int line_ = 1;
  int begun_at_ = 1;
  int judged_ = 0;
  bool judged_since_ = false;
  std::string block_;
  std::vector<std::string> lines_;
  base::SourceText source_{"case.yml", ""};
  base::SourceText lists_{"lists.yml", ""};
  SlowEvent event_;
};

class CasesTest : public ::testing::TestWithParam<std::string> {};

TEST_P(CasesTest, HoldsWhatItStates) {
  const std::string path = tocsin::source_folder() + "/tests/cases/rules/" + GetParam() + ".case";
  const auto source = base::read_source(path);
  ASSERT_TRUE(source) << path;
  std::istringstream in(source->text);
  CaseFile(GetParam() + ".case").run(in);
}

std::vector<std::string> case_names() {
  std::vector<std::string> out;
  for (const auto& entry :
       std::filesystem::directory_iterator(tocsin::source_folder() + "/tests/cases/rules"))
    if (entry.path().extension() == ".case") out.push_back(entry.path().stem().string());
  std::ranges::sort(out);
  return out;
}

INSTANTIATE_TEST_SUITE_P(Rules, CasesTest, ::testing::ValuesIn(case_names()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace tocsin::rules
