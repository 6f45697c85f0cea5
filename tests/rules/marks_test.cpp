// Each mark of the conformance list has a case that holds and one that does not; prints how many.
//
// A comment of a case file that begins with marks, `# S3, contains: ...`, cites them for the blocks
// behind it, up to the next comment behind an empty line. Positive: a rule that is met, or
// documents without an error. Negative: a rule that is not met, an error or a warning.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/source_folder.hpp"

namespace tocsin::rules {
namespace {

struct Mark {
  const char* name;
  const char* what;
  bool is_later = false;  // refused in this version: only that is shown
};

// Sections 1 to 8 by their marks, each modifier by its name, the open questions as Q1 to Q20.
constexpr Mark marks[] = {
    {"C1", "keys of a document"},
    {"C2", "namespaces of tags"},
    {"C3", "log source"},
    {"C4", "several documents, actions"},
    {"C5", "YAML 1.1"},
    {"C6", "one bad rule, and the rest"},
    {"D1", "maps and lists"},
    {"D2", "all"},
    {"D3", "what is empty"},
    {"D4", "types of values"},
    {"D5", "numbers"},
    {"D6", "names of fields"},
    {"S1", "folding"},
    {"S2", "whole value, wildcards"},
    {"S3", "escapes"},
    {"S4", "added wildcards"},
    {"S5", "empty and null"},
    {"S6", "keywords"},
    {"S7", "several values of a field"},
    {"contains", "modifier"},
    {"startswith", "modifier"},
    {"endswith", "modifier"},
    {"all", "modifier"},
    {"cased", "modifier"},
    {"neq", "modifier"},
    {"exists", "modifier"},
    {"re", "modifier"},
    {"i", "modifier"},
    {"m", "modifier"},
    {"s", "modifier"},
    {"windash", "modifier"},
    {"wide", "modifier"},
    {"utf16le", "modifier"},
    {"utf16be", "modifier"},
    {"utf16", "modifier"},
    {"base64", "modifier"},
    {"base64offset", "modifier"},
    {"lt", "modifier"},
    {"lte", "modifier"},
    {"gt", "modifier"},
    {"gte", "modifier"},
    {"cidr", "modifier"},
    {"minute", "modifier"},
    {"hour", "modifier"},
    {"day", "modifier"},
    {"week", "modifier"},
    {"month", "modifier"},
    {"year", "modifier"},
    {"expand", "modifier"},
    {"fieldref", "modifier"},
    {"K1", "precedence"},
    {"K2", "names and patterns"},
    {"K3", "x of"},
    {"K4", "lists of conditions, aggregations"},
    {"K5", "timeframe"},
    {"R1", "types of correlations"},
    {"R2", "rules"},
    {"R3", "group-by"},
    {"R4", "timespan"},
    {"R5", "condition"},
    {"R6", "field"},
    {"R7", "value_percentile"},
    {"R8", "temporal"},
    {"R9", "condition over rules"},
    {"R10", "aliases"},
    {"R11", "generate"},
    {"R12", "silence"},
    {"R13", "what cannot be honoured"},
    {"R14", "mistakes"},
    {"F1", "filters"},
    {"F2", "polarity of filters"},
    {"P1", "placeholders"},
    {"Q1", "YAML 1.1 or 1.2"},
    {"Q2", "anchors of expressions"},
    {"Q3", "what Hyperscan cannot take"},
    {"Q4", "windash"},
    {"Q5", "utf16"},
    {"Q6", "base64"},
    {"Q7", "null in a list"},
    {"Q8", "two operators"},
    {"Q9", "no group-by"},
    {"Q10", "a group-by field missing"},
    {"Q11", "value_percentile"},
    {"Q12", "generate"},
    {"Q13", "polarity of filters"},
    {"Q14", "equal times"},
    {"Q15", "week"},
    {"Q16", "x of nothing"},
    {"Q17", "silence"},
    {"Q18", "a correlation in another"},
    {"Q19", "folding"},
    {"Q20", "numbers"},
};

struct Count {
  int positive = 0;
  int negative = 0;
};

class Counter {
 public:
  void read(const std::filesystem::path& path) {
    std::ifstream in(path);
    cited_.clear();
    block_.clear();
    rules_ = 0;
    bool is_after_blank = true;
    for (std::string line; std::getline(in, line); is_after_blank = line.empty()) {
      if (line.starts_with("# ")) {
        cite(line.substr(2), is_after_blank);
      } else if (line.starts_with("== ")) {
        finish();
        begin(line.substr(3));
      } else {
        lines_.push_back(line);
      }
    }
    finish();
    block_.clear();
  }

  [[nodiscard]] const std::map<std::string, Count>& counts() const { return counts_; }
  [[nodiscard]] const std::vector<std::string>& unknown() const { return unknown_; }

 private:
  static bool is_mark(const std::string& word) {
    return std::ranges::any_of(marks, [&](const Mark& mark) { return word == mark.name; });
  }

  // Another comment at the head of a part ends what the one before cited.
  void cite(const std::string& comment, bool is_head) {
    const std::size_t colon = comment.find(':');
    std::vector<std::string> words;
    std::istringstream list(comment.substr(0, colon));
    for (std::string word; std::getline(list >> std::ws, word, ',');) words.push_back(word);
    const bool all = colon != std::string::npos && std::ranges::all_of(words, is_mark);
    if (!all && is_mark(words[0])) unknown_.push_back(comment);
    if (!all && !is_head) return;
    finish();
    block_.clear();
    cited_ = all ? std::move(words) : std::vector<std::string>();
  }

  void begin(const std::string& header) {
    block_ = header.substr(0, header.find(' '));
    const bool is_source = block_ == "rules" || block_ == "detection";
    if (is_source && was_judged_) rules_ = 0;
    if (is_source) was_judged_ = false;
    if (block_ == "detection") ++rules_;
    lines_.clear();
  }

  void finish() {
    const auto begins = [](const char* with) {
      return [with](const std::string& line) { return line.starts_with(with); };
    };
    if (block_ == "rules") rules_ += std::ranges::count_if(lines_, begins("title:"));
    const bool is_empty = std::ranges::all_of(lines_, &std::string::empty);
    if (block_ == "errors" || block_ == "warnings") {
      add(is_empty && block_ == "errors" ? 1 : 0, is_empty ? 0 : 1);
    } else if (block_ == "event") {
      for (const std::string& line : lines_) {
        if (!line.starts_with("-> ")) continue;
        const auto met = line == "-> none" ? 0 : 1 + std::ranges::count(line, ',');
        add(met > 0 ? 1 : 0, met < rules_ ? 1 : 0);
      }
    } else if (block_ == "events") {  // of a correlation: an event that makes it true, and one not
      const auto fires = [](const std::string& line) { return line.contains("=>"); };
      add(std::ranges::any_of(lines_, fires) ? 1 : 0, std::ranges::all_of(lines_, fires) ? 0 : 1);
    }
    if (block_ == "errors" || block_ == "warnings" || block_ == "event") was_judged_ = true;
    lines_.clear();
  }

  void add(int positive, int negative) {
    for (const std::string& mark : cited_) {
      counts_[mark].positive += positive;
      counts_[mark].negative += negative;
    }
  }

  std::map<std::string, Count> counts_;
  std::vector<std::string> unknown_;
  std::vector<std::string> cited_;
  std::string block_;
  std::vector<std::string> lines_;
  std::ptrdiff_t rules_ = 0;
  bool was_judged_ = false;
};

TEST(MarksTest, EachHasAPositiveAndANegativeCase) {
  Counter counter;
  for (const char* folder : {"/tests/cases/rules", "/tests/cases/correlate"}) {
    for (const auto& entry :
         std::filesystem::directory_iterator(tocsin::source_folder() + folder)) {
      if (entry.path().extension() == ".case") counter.read(entry.path());
    }
  }
  for (const std::string& comment : counter.unknown())
    ADD_FAILURE() << "not all of these are marks: " << comment;
  int positive = 0, negative = 0;
  for (const Mark& mark : marks) {
    const auto found = counter.counts().find(mark.name);
    const Count count = found == counter.counts().end() ? Count() : found->second;
    std::printf("%-12s %-34s %4d positive %4d negative%s\n", mark.name, mark.what, count.positive,
                count.negative, mark.is_later ? "  (refused in this version)" : "");
    EXPECT_TRUE(count.positive > 0 || mark.is_later) << mark.name;
    EXPECT_GT(count.negative, 0) << mark.name;
    positive += count.positive;
    negative += count.negative;
  }
  std::printf("%zu marks, %d positive and %d negative cases\n", std::size(marks), positive,
              negative);
}

}  // namespace
}  // namespace tocsin::rules
