// Behaviour stated as text: tests/cases/correlate/*.case, two tests a file: the fast correlator,
// once as it is and once with long windows from the first late detection on, and the slow one must
// do what it says.
//
//   # comment
//   == options KEY=VALUE...     lateness, idle; default 60s and 30s
//   == correlation NAME         the value of `correlation`, and lines `tocsin: ...`, `level: ...`
//   == lists                    the value of `lists` in a file of value lists
//   == events
//   TIME RULES FIELD=VALUE... [=> NAME, NAME]
//                               RULES: a, b, c (level low), loud (level high), joined by commas;
//                               - for none. @source=N, @received=TIME say where it came from.
//                               What fires by it, in order; `reminder NAME`; `too late`
//   clock TIME [=> ...]         a clock record of that received time
//   finished N [=> ...]         source N gives nothing any more
//   == alerts                   all of them at the end, in order of firing
//   NAME GROUP fired=TIME last=TIME count=N total=N evidence=N,N [seen=TIME] [late] [into=N]
//
// TIME is MM:SS or MM:SS.fraction. `== correlation` or `== lists` behind an alerts block begins
// anew; `== events` does so with the same rules. GROUP is the values joined by /, or * for none.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "correlate/plan.hpp"
#include "tests/correlate/stream.hpp"
#include "tests/reference/slow_correlator.hpp"
#include "tests/source_folder.hpp"

namespace tocsin::correlate {
namespace {

constexpr std::int64_t midnight = 1'800'000'000 * second;

std::int64_t time_of(const std::string& text) {
  std::int64_t minutes = 0, seconds = 0;
  char colon = 0;
  std::istringstream in(text);
  in >> minutes >> colon >> seconds;
  std::string fraction;
  if (in.peek() == '.') in >> fraction;
  fraction.resize(10, '0');
  fraction[0] = '0';
  return midnight + (minutes * 60 + seconds) * second + std::stoll(fraction);
}

std::string text_of(std::int64_t time) {
  const std::int64_t since = time - midnight;
  std::string out = fmt::format("{:02}:{:02}", since / second / 60, since / second % 60);
  if (since % second == 0) return out;
  out += fmt::format(".{:09}", since % second);
  return out.substr(0, out.find_last_not_of('0') + 1);
}

std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == ' ') text.pop_back();
  while (!text.empty() && text.front() == ' ') text.erase(0, 1);
  return text;
}

struct Both {
  Both(std::vector<CorrelationSpec> specs, const Options& options, bool long_windows)
      : fast(specs, options), slow(std::move(specs), options) {
    if (long_windows) fast.set_limits({0, 0, 0});
  }
  Correlator fast;
  reference::SlowCorrelator slow;
  Stage stage;
  std::uint64_t seq = 0;
};

class CaseFile {
 public:
  CaseFile(std::string name, bool long_windows)
      : name_(std::move(name)), long_windows_(long_windows) {}

  void run(std::istream& in) {
    std::string line;
    for (; std::getline(in, line); ++line_) {
      if (line.starts_with("== ")) {
        finish_block();
        begin(line.substr(3));
      } else if (line.empty() || line[0] == '#') {
        continue;
      } else if (block_ == "correlation") {
        const bool outside = line.starts_with("tocsin:") || line.starts_with("level:");
        (outside ? outside_ : body_) += outside ? line + "\n" : "  " + line + "\n";
      } else if (block_ == "lists") {
        lists_ += "  " + line + "\n";
      } else if (block_ == "events") {
        event(line);
      } else if (block_ == "alerts") {
        expected_ += line + "\n";
      }
    }
    finish_block();
    EXPECT_GT(compared_, 0U) << name_ << ": no alerts block";
  }

 private:
  void begin(const std::string& head) {
    std::istringstream words(head);
    words >> block_;
    if (block_ == "options") {
      for (std::string word; words >> word;) option(word);
    } else if (block_ == "correlation" || block_ == "lists") {
      if (done_) {
        rules_.clear();
        lists_.clear();
        count_ = 0;
        done_ = false;
      }
      words >> rule_name_;
    } else if (block_ == "events") {
      start();
    }
  }

  void option(const std::string& word) {
    const std::size_t equal = word.find('=');
    const auto value = base::parse_duration(word.substr(equal + 1));
    ASSERT_TRUE(value) << name_ << ":" << line_;
    (word.substr(0, equal) == "idle" ? options_.idle_timeout : options_.lateness) = *value;
  }

  void finish_block() {
    if (block_ == "correlation") {
      rules_ +=
          fmt::format("---\ntitle: {0}\nname: {0}\nid: {1:08}-0000-4000-8000-000000000000\n{2}",
                      rule_name_, ++count_, outside_);
      rules_ += "correlation:\n" + body_;
      body_.clear();
      outside_.clear();
    } else if (block_ == "alerts") {
      compare();
    }
    block_.clear();
  }

  void start() {
    std::string text;
    int number = 0;
    for (const char* rule : {"a", "b", "c", "loud"}) {
      text += fmt::format(
          "---\ntitle: {0}\nname: {0}\nlevel: {1}\nid: 9000000{2}-0000-4000-8000-000000000000\n"
          "logsource: {{product: p}}\ndetection: {{s: {{x: {0}}}, condition: s}}\n{3}",
          rule, rule == std::string("loud") ? "high" : "low", number++,
          rule == std::string("loud") ? "tocsin: {group: [user, ip], timespan: 10m}\n" : "");
    }
    fields_ = event::FieldTable();
    const std::vector<base::SourceText> sources = {{name_, text + rules_}};
    std::vector<base::SourceText> lists;
    if (!lists_.empty()) lists.push_back({"lists.yml", "lists:\n" + lists_});
    const rules::RuleSet::Loaded loaded = rules::RuleSet::load(sources, fields_, {}, lists);
    loaded_ = loaded.rules;
    for (const base::Error& error : loaded.errors)
      ADD_FAILURE() << name_ << ":" << line_ << ": " << base::to_string(error);
    auto specs = plan(*loaded_);
    ASSERT_TRUE(specs) << name_ << ":" << line_ << ": " << base::to_string(specs.error());
    both_ = std::make_unique<Both>(std::move(*specs), options_, long_windows_);
  }

  void event(std::string line) {
    std::string expected;
    if (const std::size_t arrow = line.find("=>"); arrow != std::string::npos) {
      expected = trimmed(line.substr(arrow + 2));
      line.resize(arrow);
    }
    std::istringstream words(line);
    std::string first, rules;
    words >> first >> rules;
    std::vector<reference::SlowCorrelator::Shown> slow;
    Verdict verdict = Verdict::in_time;
    if (first == "clock") {
      const std::int64_t received = time_of(rules);
      both_->fast.on_clock(base::ReceivedTime(received));
      slow = both_->slow.on_clock(received);
    } else if (first == "finished") {
      const auto source = static_cast<std::uint32_t>(std::stoul(rules));
      both_->fast.source_finished(event::SourceId(source));
      slow = both_->slow.source_finished(source);
    } else {
      TestEvent event;
      event.seq = ++both_->seq;
      event.time = time_of(first);
      event.received = midnight;
      std::istringstream list(rules);
      for (std::string rule; std::getline(list, rule, ',');) {
        if (rule != "-") event.rules.push_back(loaded_->find(rule).value().value);
      }
      std::ranges::sort(event.rules);
      for (std::string word; words >> word;) field(event, word);
      const EventView& view = both_->stage.load(event);
      verdict = both_->fast.on_event(view, both_->stage.detections());
      slow = both_->slow.on_event(view, both_->stage.detections());
    }
    std::string fast_text = verdict == Verdict::too_late ? "too late" : "", slow_text = fast_text;
    for (const Fired& fired : both_->fast.fired())
      add_fired(fast_text, fired.alert->rule_title, fired.reminder);
    for (const auto& shown : slow) add_fired(slow_text, shown.alert.rule_title, shown.reminder);
    EXPECT_EQ(fast_text, expected) << name_ << ":" << line_;
    EXPECT_EQ(slow_text, expected) << name_ << ":" << line_ << ", the slow correlator";
  }

  static void add_fired(std::string& out, const std::string& title, bool reminder) {
    out += fmt::format("{}{}{}", out.empty() ? "" : ", ", reminder ? "reminder " : "", title);
  }

  void field(TestEvent& event, const std::string& word) {
    const std::size_t equal = word.find('=');
    const std::string key = word.substr(0, equal), value = word.substr(equal + 1);
    if (key == "@source") {
      event.source = static_cast<std::uint32_t>(std::stoul(value));
    } else if (key == "@received") {
      event.received = time_of(value);
    } else {
      event.fields.emplace_back(fields_.intern(key), value);
    }
  }

  static std::string line_of(const event::Alert& alert,
                             const std::map<event::AlertId, std::size_t>& numbers) {
    std::string group, evidence;
    for (const auto& [name, value] : alert.group) group += (group.empty() ? "" : "/") + value;
    for (const event::Seq seq : alert.evidence)
      evidence += (evidence.empty() ? "" : ",") + std::to_string(seq.value);
    std::string out =
        fmt::format("{} {} fired={} last={} count={} total={} evidence={}", alert.rule_title,
                    group.empty() ? "*" : group, text_of(alert.fired_at.value),
                    text_of(alert.last_seen.value), alert.count, alert.total, evidence);
    if (alert.late) out += " late";
    if (alert.merged_into) out += fmt::format(" into={}", numbers.at(*alert.merged_into));
    return out + "\n";
  }

  static std::string lines_of(const std::vector<event::Alert>& alerts) {
    std::map<event::AlertId, std::size_t> numbers;
    for (const event::Alert& alert : alerts) numbers.emplace(alert.id, numbers.size() + 1);
    std::string out;
    for (const event::Alert& alert : alerts) out += line_of(alert, numbers);
    return out;
  }

  void compare() {
    ++compared_;
    done_ = true;
    both_->fast.finish();
    both_->slow.finish();
    std::vector<event::Alert> fast, slow;
    both_->fast.take_changes([&](const AlertChange& change) {
      EXPECT_TRUE(change.closed);
      fast.push_back(change.alert);
    });
    for (const auto* alert : both_->slow.alerts()) {
      if (both_->fast.specs()[alert->spec].alerts) slow.push_back(alert->alert);
    }
    EXPECT_EQ(lines_of(fast), expected_) << name_ << ", alerts before line " << line_;
    EXPECT_EQ(lines_of(slow), expected_) << name_ << ", the slow correlator";
    EXPECT_EQ(fast, slow) << name_;
    expected_.clear();
  }

  std::string name_;
  bool long_windows_;
  std::size_t line_ = 1;
  std::string block_, rule_name_, body_, outside_, rules_, lists_, expected_;
  int count_ = 0;
  bool done_ = false;
  std::size_t compared_ = 0;
  Options options_;
  event::FieldTable fields_;
  std::shared_ptr<const rules::RuleSet> loaded_;
  std::unique_ptr<Both> both_;
};

std::vector<std::string> case_names() {
  std::vector<std::string> names;
  const std::filesystem::path folder =
      std::filesystem::path(tocsin::source_folder()) / "tests/cases/correlate";
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.push_back(entry.path().stem().string());
  std::ranges::sort(names);
  return names;
}

class CorrelateCases : public ::testing::TestWithParam<std::string> {
 protected:
  static void run(bool long_windows) {
    const std::string path =
        tocsin::source_folder() + "/tests/cases/correlate/" + GetParam() + ".case";
    std::ifstream in(path);
    ASSERT_TRUE(in) << path;
    CaseFile(GetParam() + ".case", long_windows).run(in);
  }
};

TEST_P(CorrelateCases, DoWhatTheySay) { run(false); }

TEST_P(CorrelateCases, DoSoInLongWindows) { run(true); }

INSTANTIATE_TEST_SUITE_P(All, CorrelateCases, ::testing::ValuesIn(case_names()),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace tocsin::correlate
