// Linux audit as other projects read it: single records, whole events, and logs out of order.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "base/time.hpp"
#include "ingest/decode/audit_values.hpp"
#include "tests/ingest/decode/audit_lines.hpp"
#include "tests/ingest/decode/data_records.hpp"
#include "tests/ingest/decode/decoded.hpp"

namespace tocsin::ingest {
namespace {

#define SKIP_WITHOUT_DATA() \
  if (data_folder().empty()) GTEST_SKIP() << "TOCSIN_DATA is not set"

using simdjson::dom::element;
using simdjson::dom::object;

std::string time_text(std::int64_t ns) { return base::format_rfc3339(ns); }
std::string time_text(std::string_view text) {
  const auto ns = base::parse_rfc3339(text);
  return ns ? base::format_rfc3339(*ns) : "no time";
}

// go-libaudit's name of a field, as we give it.
std::string go_value(const std::function<std::string(std::string_view)>& value,
                     std::string_view key) {
  if (key == "result") {
    const std::string outcome = value("event.outcome");
    return outcome == "failure" ? "fail" : outcome;
  }
  if (key == "arch") return value("ARCH");
  if (key == "syscall") return value("SYSCALL");
  if (key == "exit" && !value("EXIT").empty()) return value("EXIT");
  if (key.starts_with("subj_") || key.starts_with("obj_")) {
    // user:role:domain:level[:category]
    const std::string_view part = key.substr(key.find('_') + 1);
    std::string context = value(key.substr(0, key.find('_')));
    for (const std::string_view name : {"user", "role", "domain", "level"}) {
      const std::size_t end = context.find(':');
      if (name == part) return context.substr(0, end);
      context.erase(0, end == std::string::npos ? context.size() : end + 1);
    }
    return context;
  }
  return value(key);
}

TEST(AuditData, SingleRecordsAgreeWithGoLibaudit) {
  SKIP_WITHOUT_DATA();
  Agreement head("go-libaudit head");
  Agreement fields("go-libaudit fields");
  AuditBody audit;
  Decoded d;
  simdjson::dom::parser parser;
  for (const std::string& line : lines_of(data_folder() / "audit/go_libaudit_records.ndjson")) {
    const element record = parser.parse(line);
    const element expect = record["expect"];
    BodyContext context = d.context();
    const BodyResult result = audit.decode(d.frame(std::string_view(record["raw"])), context);
    bool malformed = false;
    if (!expect["malformed"].get(malformed) && malformed) {
      head.check(record["id"], "refused", "1", result == BodyResult::invalid ? "1" : "0");
      continue;
    }
    auto value = [&](std::string_view name) {
      const std::string out = d.value(name);
      return out == "<none>" ? std::string() : out;
    };
    std::string type = value("type");
    std::transform(type.begin(), type.end(), type.begin(), ::tolower);
    head.check(record["id"], "type", expect["type"], type);
    head.check(record["id"], "time", time_text(std::string_view(expect["time"])),
               time_text(d.event.time.value));
    head.check(record["id"], "serial", scalar(expect["serial"]), value("auditd.sequence"));
    for (const auto [key, wanted] : object(expect["fields"])) {
      fields.check(record["id"], key, scalar(wanted), go_value(value, key));
    }
    simdjson::dom::array keys;
    if (!expect["keys"].get(keys)) {
      std::string joined;
      for (const element key : keys) joined += (joined.empty() ? "" : "|") + scalar(key);
      fields.check(record["id"], "key", joined, value("key"));
    }
  }
  head.at_least(1.0);
  fields.at_least(0.98);
}

TEST(AuditData, EveryFieldOfEveryRecordAgreesWithAuparse) {
  SKIP_WITHOUT_DATA();
  Agreement fields("auparse");
  AuditBody audit;
  Decoded d;
  simdjson::dom::parser parser;
  for (const std::string& line : lines_of(data_folder() / "audit/audit_userspace_events.ndjson")) {
    const element record = parser.parse(line);
    const std::vector<std::string> raw = split_lines(std::string_view(record["raw"]));
    std::size_t at = 0;
    for (const element part : simdjson::dom::array(record["expect"]["records"])) {
      ASSERT_LT(at, raw.size());
      BodyContext context = d.context();
      ASSERT_EQ(audit.decode(d.frame(raw[at++]), context), BodyResult::decoded);
      fields.check(record["id"], "type", std::string_view(part["type"]), d.value("type"));
      std::map<std::string, std::string> wanted;
      for (const simdjson::dom::array pair : simdjson::dom::array(part["fields"])) {
        std::string value = scalar(pair.at(1));
        if (value.size() > 1 && value.front() == '"') value = value.substr(1, value.size() - 2);
        std::string& all = wanted[scalar(pair.at(0))];
        all += (all.empty() ? "" : "|") + value;
      }
      for (auto& [key, value] : wanted) {
        std::string got = d.value(key);
        // auparse gives the values as written.
        if (value == "4294967295" && got == "unset") got = value;
        if (is_audit_hex(value) && got != value) {
          base::Arena arena;
          std::string bytes(decode_audit_hex(value, arena));
          std::replace(bytes.begin(), bytes.end(), '\0', ' ');
          value = bytes;
        }
        fields.check(record["id"], key, value, got);
      }
    }
    EXPECT_EQ(at, raw.size());
  }
  fields.at_least(0.99);
}

// All events of `lines`: joined ones, and whole ones of a single record.
std::vector<ShownEvent> events_of(const std::vector<std::string>& lines) {
  AuditLines log;
  std::vector<std::string> records;
  for (const std::string& line : lines) {
    if (!line.empty() && line[0] != '#') records.push_back(line);
  }
  log.feed(records, 3);
  log.flush();
  EXPECT_EQ(log.invalid, 0U);
  std::vector<ShownEvent> out = log.events;
  out.insert(out.end(), log.whole.begin(), log.whole.end());
  return out;
}

TEST(AuditData, WholeEventsAgreeWithGoLibaudit) {
  SKIP_WITHOUT_DATA();
  Agreement count("go-libaudit events");
  Agreement fields("go-libaudit event fields");
  simdjson::dom::parser parser;
  for (const std::string& line : lines_of(data_folder() / "audit/go_libaudit_events.ndjson")) {
    const element record = parser.parse(line);
    const std::vector<ShownEvent> events = events_of(split_lines(std::string_view(record["raw"])));
    count.check(record["id"], "events", "1", std::to_string(events.size()));
    if (events.size() != 1) continue;
    const ShownEvent& e = events[0];
    auto value = [&](std::string_view name) { return e.value(name); };
    const element expect = record["expect"]["event"];
    auto check = [&](const char* key, const std::string& got) {
      element wanted;
      std::string_view path = key;
      element at = expect;
      for (;;) {
        const std::size_t dot = path.find('.');
        if (at[path.substr(0, dot)].get(wanted)) return;
        if (dot == std::string_view::npos) break;
        at = wanted;
        path.remove_prefix(dot + 1);
      }
      fields.check(record["id"], key, scalar(wanted), got);
    };
    auto first = [&](std::string_view name) {
      const std::string all = e.value(name);
      return all.substr(0, all.find('|'));
    };
    fields.check(record["id"], "time", time_text(std::string_view(expect["@timestamp"])),
                 time_text(e.time));
    check("sequence", value("auditd.sequence"));
    check("session", first("ses"));
    check("result", go_value(value, "result"));
    check("summary.action", value("event.action"));
    check("process.pid", value("process.pid"));
    check("process.ppid", value("process.parent.pid"));
    check("process.name", value("process.name"));
    check("process.exe", value("process.executable"));
    check("process.cwd", value("process.working_directory"));
    check("process.title", value("proctitle"));
    check("source.ip", value("source.ip"));
    check("source.port", value("source.port"));
    check("destination.ip", value("destination.ip"));
    check("destination.port", value("destination.port"));
    check("file.path", first("name"));
    simdjson::dom::array categories;
    if (!expect["ecs"]["event"]["category"].get(categories)) {
      bool found = false;
      for (const element category : categories)
        found |= scalar(category) == value("event.category");
      fields.check(record["id"], "category", simdjson::minify(categories),
                   found ? simdjson::minify(categories) : value("event.category"));
    }
    object ids;
    if (!expect["user"]["ids"].get(ids)) {
      for (const auto [key, wanted] : ids) {
        fields.check(record["id"], key, scalar(wanted), first(key));
      }
    }
    object data;
    if (!expect["data"].get(data)) {
      for (const auto [key, wanted] : data) {
        std::string_view name = key;
        if (name.starts_with("socket_")) name = name.substr(7);
        std::string got = go_value(value, name);
        // a0 ... are those of SYSCALL there, and all of the event here.
        if (name.size() == 2 && name[0] == 'a') got = first(name);
        fields.check(record["id"], key, scalar(wanted), got);
      }
    }
    simdjson::dom::array args;
    if (!expect["process"]["args"].get(args)) {
      std::string joined;
      for (const element arg : args) joined += (joined.empty() ? "" : " ") + scalar(arg);
      fields.check(record["id"], "args", joined, value("process.command_line"));
    }
  }
  count.at_least(1.0);
  fields.at_least(0.97);
}

TEST(AuditData, WholeEventsAgreeWithLaurel) {
  SKIP_WITHOUT_DATA();
  Agreement count("laurel events");
  Agreement fields("laurel fields");
  simdjson::dom::parser parser;
  for (const std::string& line : lines_of(data_folder() / "audit/laurel_events.ndjson")) {
    const element record = parser.parse(line);
    const std::vector<ShownEvent> events = events_of(split_lines(std::string_view(record["raw"])));
    count.check(record["id"], "events", "1", std::to_string(events.size()));
    if (events.size() != 1) continue;
    const ShownEvent& e = events[0];
    const element expect = record["expect"]["laurel"];
    element wanted;
    if (!expect["EXECVE"]["ARGV"].get(wanted)) {
      std::string joined;
      for (const element arg : simdjson::dom::array(wanted)) {
        joined += (joined.empty() ? "" : " ") + scalar(arg);
      }
      fields.check(record["id"], "EXECVE.ARGV", joined, e.value("process.command_line"));
    }
    if (!expect["CWD"]["cwd"].get(wanted)) {
      fields.check(record["id"], "cwd", scalar(wanted), e.value("cwd"));
    }
    if (!expect["PROCTITLE"]["ARGV"].get(wanted)) {
      std::string joined;
      for (const element arg : simdjson::dom::array(wanted)) {
        joined += (joined.empty() ? "" : " ") + scalar(arg);
      }
      fields.check(record["id"], "PROCTITLE.ARGV", joined, e.value("proctitle"));
    }
    simdjson::dom::array paths;
    if (!expect["PATH"].get(paths)) {
      std::string names;
      for (const element path : paths) names += (names.empty() ? "" : "|") + scalar(path["name"]);
      fields.check(record["id"], "PATH.name", names, e.value("name"));
    }
    object call;
    if (expect["SYSCALL"].get(call)) continue;
    for (const auto [key, value] : call) {
      if (value.is_array() || value.is_null()) continue;
      std::string want = scalar(value);
      if (want == "4294967295") want = "unset";
      if (want.starts_with("0x")) want = want.substr(2);
      std::string got = e.value(key);
      got = got.substr(0, got.find('|'));
      fields.check(record["id"], key, want, got);
    }
  }
  count.at_least(1.0);
  fields.at_least(0.97);
}

std::vector<ShownEvent> stream(const char* name) {
  return events_of(lines_of(data_folder() / "audit/streams" / name));
}

// Events without the places of their records, each with its fields sorted, all sorted by serial.
std::multiset<std::string> shapes(const std::vector<ShownEvent>& events) {
  std::multiset<std::string> out;
  for (const ShownEvent& event : events) {
    std::vector<std::string> fields;
    for (const auto& [name, value] : event.fields) {
      if (value != "EOE") fields.push_back(name + "=" + value);
    }
    std::sort(fields.begin(), fields.end());
    std::string text = time_text(event.time);
    for (const std::string& field : fields) text += "\n" + field;
    out.insert(text);
  }
  return out;
}

TEST(AuditData, LogsOutOfOrderGiveTheSameEvents) {
  SKIP_WITHOUT_DATA();
  const auto normal = stream("go_libaudit_normal.log");
  EXPECT_EQ(normal.size(), 5U);
  EXPECT_EQ(shapes(stream("go_libaudit_out_of_order.log")), shapes(normal));

  const auto lost = stream("go_libaudit_lost_messages.log");
  EXPECT_EQ(lost.size(), 5U);
  const auto rollover = stream("go_libaudit_rollover.log");
  ASSERT_EQ(rollover.size(), 5U);
  std::set<std::string> serials;
  for (const ShownEvent& event : rollover) serials.insert(event.value("auditd.sequence"));
  EXPECT_EQ(serials, (std::set<std::string>{"0", "1", "2", "4294967294", "4294967295"}));

  const auto trace = stream("laurel_shell-proc-trace.log");
  EXPECT_EQ(trace.size(), 9U);
  EXPECT_EQ(shapes(stream("laurel_shell-proc-trace-reordered.log")), shapes(trace));
  EXPECT_EQ(stream("laurel_fork-sleep-exec.log").size(), 3U);
}

TEST(AuditData, AnAttackStepIsOneEvent) {
  SKIP_WITHOUT_DATA();
  const auto events = events_of(lines_of(data_folder() / "audit/otrf/sh_binary_padding_dd.log"));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].value("process.command_line"), "dd if=/dev/zero bs=1 count=1");
  EXPECT_EQ(events[0].anomalies, 0U);
}

TEST(AuditData, RecordsOfOtherLogsAreAllRead) {
  SKIP_WITHOUT_DATA();
  Agreement decoded("audit records in syslog and other logs");
  AuditBody audit;
  Decoded d;
  simdjson::dom::parser parser;
  for (const std::string& line : lines_of(data_folder() / "linux/wazuh.ndjson")) {
    const element record = parser.parse(line);
    std::string_view raw = record["raw"];
    if (raw.find("audit(") == std::string_view::npos) continue;
    if (const std::size_t kernel = raw.find("kernel: "); kernel != std::string_view::npos) {
      raw.remove_prefix(kernel + 8);
    }
    BodyContext context = d.context();
    const bool ok = audit.decode(d.frame(raw), context) == BodyResult::decoded;
    decoded.check(record["id"], raw.substr(0, 60), "1", ok ? "1" : "0");
  }
  decoded.at_least(1.0);
}

}  // namespace
}  // namespace tocsin::ingest
