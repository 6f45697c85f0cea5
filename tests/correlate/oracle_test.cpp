// Both correlators against measure/reference.py, an oracle that knows nothing of them, on generated
// sshd logs. Needs TOCSIN_DATA (the oracle lies beside it) and python3; TOCSIN_ORACLE_LINES sets
// how long the logs are.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "tests/correlate/stream.hpp"
#include "tests/reference/slow_correlator.hpp"
#include "tests/temporary_folder.hpp"

namespace tocsin::correlate {
namespace {

// Where reference.py lets a log without years begin.
constexpr std::int64_t log_year = 2025;

struct Failure {
  std::int64_t time;  // s
  std::string user;
  std::string address;
};

// As the oracle reads: the whole message, nothing else of the line.
std::vector<Failure> failures_in(const std::string& path) {
  static const std::vector<std::string> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::vector<Failure> out;
  std::ifstream file(path);
  std::int64_t year = log_year, before = 0;
  for (std::string line; std::getline(file, line);) {
    const std::size_t at = line.find("]: Failed password for ");
    const std::size_t program = line.find(" sshd[");
    if (at == std::string::npos || program == std::string::npos || program > at ||
        line.find(": ") != at + 1 || !line.ends_with(" ssh2"))
      continue;
    char month[4] = {}, user[256] = {}, address[64] = {};
    int day = 0, hour = 0, minute = 0, second_of = 0, port = 0;
    std::string rest = line.substr(at + 23);
    if (rest.starts_with("invalid user ")) rest.erase(0, 13);
    if (std::sscanf(line.c_str(), "%3s %d %d:%d:%d", month, &day, &hour, &minute, &second_of) !=
            5 ||
        std::sscanf(rest.c_str(), "%255s from %63s port %d ssh2", user, address, &port) != 3)
      continue;
    const auto index =
        static_cast<unsigned>(std::find(months.begin(), months.end(), month) - months.begin() + 1);
    const auto when = [&] {
      return base::days_from_civil(year, index, static_cast<unsigned>(day)) * 86400 + hour * 3600 +
             minute * 60 + second_of;
    };
    if (!out.empty() && when() < before - 180 * 86400) ++year;
    before = when();
    out.push_back({before, user, address});
  }
  return out;
}

std::string output_of(const std::string& command) {
  std::string out;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  char bytes[65536];
  for (std::size_t got = 0; (got = std::fread(bytes, 1, sizeof bytes, pipe)) > 0;)
    out.append(bytes, got);
  EXPECT_EQ(::pclose(pipe), 0) << command;
  return out;
}

class OracleTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* data = std::getenv("TOCSIN_DATA");
    if (data == nullptr) GTEST_SKIP() << "TOCSIN_DATA is not set";
    measure_ = std::string(data) + "/../measure/";
    const char* lines = std::getenv("TOCSIN_ORACLE_LINES");
    lines_ = lines == nullptr ? "60000" : lines;
  }

  std::string log(const std::string& options) {
    const std::string path = folder_ / "auth.log";
    output_of(fmt::format("python3 {}gen_authlog.py --lines {} {} --out {}", measure_, lines_,
                          options, path));
    return path;
  }
  [[nodiscard]] std::string reference(const std::string& path, const std::string& options) const {
    return output_of(fmt::format("python3 {}reference.py {} {}", measure_, options, path));
  }

  // "epoch key count total" (in order of firing) or, for episodes, "first last key total" sorted.
  static std::string lines_of(const std::vector<event::Alert>& alerts, bool episodes) {
    std::vector<std::string> lines;
    for (const event::Alert& alert : alerts) {
      if (alert.merged_into) continue;
      const std::int64_t first = alert.fired_at.value / second;
      const std::string& key = alert.group.at(0).second;
      lines.push_back(episodes
                          ? fmt::format("{} {} {} {}\n", first, alert.last_seen.value / second, key,
                                        alert.total)
                          : fmt::format("{} {} {} {}\n", first, key, alert.count, alert.total));
    }
    if (episodes) std::ranges::sort(lines);
    std::string out;
    for (const std::string& line : lines) out += line;
    return out;
  }

  void compare(const std::string& path, const CorrelationSpec& spec, const std::string& options,
               bool episodes) {
    std::vector<CorrelationSpec> specs = {spec};
    ASSERT_TRUE(link(specs));
    reference::SlowCorrelator slow(specs, {});
    Correlator fast(specs, {});
    Stage stage;
    std::uint64_t seq = 0;
    for (const Failure& failure : failures_in(path)) {
      TestEvent event;
      event.seq = ++seq;
      event.time = failure.time * second;
      event.rules = {0};
      event.fields = {{field_a, failure.user}, {field_b, failure.address}};
      const EventView& view = stage.load(event);
      fast.on_event(view, stage.detections());
      slow.on_event(view, stage.detections());
    }
    fast.finish();
    slow.finish();
    std::vector<event::Alert> fast_alerts, slow_alerts;
    fast.take_changes([&](const AlertChange& change) { fast_alerts.push_back(change.alert); });
    for (const auto* alert : slow.alerts()) slow_alerts.push_back(alert->alert);
    std::string expected = reference(path, options);
    if (episodes) expected = sorted(expected);
    EXPECT_GT(std::ranges::count(expected, '\n'), 50);
    EXPECT_EQ(fast.counters().too_late, 0U);
    EXPECT_TRUE(lines_of(slow_alerts, episodes) == expected) << "slow, " << options;
    EXPECT_TRUE(lines_of(fast_alerts, episodes) == expected) << "fast, " << options;
    EXPECT_EQ(fast_alerts, slow_alerts) << options;
  }

  static std::string sorted(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at) + 1;
      lines.push_back(text.substr(at, end - at));
      at = end;
    }
    std::ranges::sort(lines);
    std::string out;
    for (const std::string& line : lines) out += line;
    return out;
  }

  static CorrelationSpec by(event::FieldId group, event::FieldId value, bool distinct) {
    CorrelationSpec spec = count_spec(5, 600 * second);
    spec.inputs[0].group = {group};
    if (distinct) {
      spec.type = CorrelationType::value_count;
      spec.inputs[0].values = {value};
    }
    return spec;
  }

  std::string measure_;
  std::string lines_;
  const TemporaryFolder folder_;
};

TEST_F(OracleTest, InOrder) {
  const std::string path = log("");
  compare(path, by(field_a, field_b, false), "", false);
  compare(path, by(field_b, field_a, false), "--key ip", false);
  compare(path, by(field_a, field_b, true), "--distinct", false);
  compare(path, by(field_b, field_a, true), "--distinct --key ip", false);
}

TEST_F(OracleTest, LateLines) {
  const std::string path = log("--jitter 50");
  compare(path, by(field_a, field_b, false), "--sort --episodes", true);
  compare(path, by(field_b, field_a, false), "--sort --episodes --key ip", true);
  compare(path, by(field_a, field_b, true), "--sort --episodes --distinct", true);
}

}  // namespace
}  // namespace tocsin::correlate
