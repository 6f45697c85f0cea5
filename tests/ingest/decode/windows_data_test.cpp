// Events of Windows in every shape that other projects have them in, against what they say of them.
#include <gtest/gtest.h>

#include <map>

#include "tests/ingest/decode/library_decoder.hpp"

namespace tocsin::ingest {
namespace {

class WindowsData : public ::testing::Test {
 protected:
  void SetUp() override {
    if (data_folder().empty()) GTEST_SKIP() << "TOCSIN_DATA is not set";
  }
  // Gives each record of a file: its `raw`, decoded, and its `expect`.
  template <typename Visit>
  void records(const char* file, const Visit& visit) {
    for (const std::string& line : lines_of(data_folder() / "windows" / file)) {
      simdjson::dom::element record;
      ASSERT_FALSE(parser_.parse(line).get(record));
      const std::string_view raw = record["raw"].get_string().value();
      library_.decode(raw, source_);
      visit(raw, record["expect"], std::string(record["id"].get_string().value()));
    }
  }
  [[nodiscard]] bool is_windows() const {
    return std::any_of(library_.logsources().begin(), library_.logsources().end(),
                       [](const event::Logsource& one) { return one.product == "windows"; });
  }
  LibraryDecoder library_;
  event::Source source_ = source_from("windows", "2021-01-01T00:00:00Z");
  simdjson::dom::parser parser_;
};

TEST_F(WindowsData, FlatJsonHasChannelProviderAndHost) {
  std::size_t events = 0, channels = 0, whole = 0;
  for (const auto& entry : std::filesystem::directory_iterator(data_folder() / "windows/otrf")) {
    if (entry.path().extension() != ".ndjson") continue;
    for (const std::string& line : lines_of(entry.path())) {
      library_.decode(line, source_);
      ++events;
      if (library_.value("Channel").empty()) continue;
      ++channels;
      whole += is_windows() && !library_.value("EventID").empty() &&
               !library_.value("Provider_Name").empty() && !library_.value("Computer").empty() &&
               !library_.value("host.name").empty();
    }
  }
  std::cout << events << " events, " << channels << " with a channel, " << whole
            << " with all that routes them\n";
  EXPECT_EQ(events, 5097U);
  EXPECT_EQ(channels, events - 3);
  EXPECT_EQ(whole, channels);
}

TEST_F(WindowsData, EventDataAsTextIsOpened) {
  const std::vector<std::string> lines =
      lines_of(data_folder() / "windows/otrf" /
               "sysmon_log4shell_cve2021_44228_java_serialized_object.ndjson");
  std::size_t opened = 0;
  for (const std::string& line : lines) {
    library_.decode(line, source_);
    simdjson::dom::element event, data;
    ASSERT_FALSE(parser_.parse(line).get(event));
    const std::string text(event["EventData"].get_string().value());
    simdjson::dom::parser inner;
    ASSERT_FALSE(inner.parse(text).get(data));
    bool right = true;
    const simdjson::dom::object members = data.get_object();
    for (const auto member : members) {
      right = right && library_.value(member.key) == scalar(member.value);
    }
    opened += right;
  }
  EXPECT_EQ(opened, lines.size());
}

TEST_F(WindowsData, WazuhsNamesAndValuesAreThoseOfWindows) {
  std::size_t events = 0, routed = 0, single = 0;
  records("wazuh.ndjson", [&](std::string_view raw, simdjson::dom::element, const std::string&) {
    ++events;
    routed += is_windows() && !library_.value("Provider_Name").empty();
    const std::string image = library_.value("Image");
    single += image.find("\\\\") == std::string::npos;
    EXPECT_EQ(library_.value("win.system.channel"), "") << raw;
  });
  EXPECT_EQ(events, 116U);
  EXPECT_EQ(routed, events);
  EXPECT_EQ(single, events) << "backslashes are doubled no more";
}

TEST_F(WindowsData, XmlIsReadAsTheSourceReadsIt) {
  Agreement agreement("wazuh_engine_xml");
  std::size_t events = 0, routed = 0;
  records("wazuh_engine_xml.ndjson",
          [&](std::string_view, simdjson::dom::element expect, const std::string& id) {
            ++events;
            routed += is_windows();
            simdjson::dom::object data, system;
            if (!expect["windows"]["EventData"].get(data)) {
              for (const auto member : data) {
                // Theirs: what they made of a code, and lists of it.
                if (!member.value.is_string()) continue;
                const std::string ours = library_.value(member.key);
                const std::string wanted(member.value.get_string().value());
                if (ours.empty() && !wanted.empty() && member.key.ends_with("Description"))
                  continue;
                agreement.check(id, member.key, wanted, ours);
              }
            }
            if (expect["windows"]["System"].get(system)) return;
            for (const auto member : system) {
              simdjson::dom::object parts;
              if (member.value.get(parts)) continue;
              for (const auto part : parts) {
                std::string_view text;
                if (part.value.get(text)) continue;
                std::string name(member.key);
                if (part.key != "#text") name += "_" + std::string(part.key.substr(1));
                if (name == "Execution_ProcessID") name = "ProcessID";
                if (name == "Execution_ThreadID") name = "ThreadID";
                agreement.check(id, name, text, library_.value(name));
              }
            }
          });
  EXPECT_EQ(events, 39U);
  EXPECT_EQ(routed, events);
  // Four differ: two words that the source looks up, and an event whose data has a ProcessID beside
  // the one of its head.
  agreement.at_least(0.99);
}

TEST_F(WindowsData, SnareIsReadAsTheSourceReadsIt) {
  const std::map<std::string_view, std::string_view> names = {
      {"channel", "Channel"},   {"record", "EventRecordID"},   {"event_time", "TimeCreated"},
      {"event_id", "EventID"},  {"provider", "Provider_Name"}, {"audit", "EventLogType"},
      {"computer", "Computer"}, {"category", "Category"}};
  Agreement agreement("snare_syslog");
  std::size_t events = 0, routed = 0, logons = 0, taken_apart = 0;
  records("snare_syslog.ndjson",
          [&](std::string_view, simdjson::dom::element expect, const std::string& id) {
            ++events;
            routed += is_windows();
            if (library_.value("EventID") == "4624") {
              ++logons;
              taken_apart += library_.value("TargetUserSid").starts_with("S-1-5-") &&
                             !library_.value("LogonType").empty() &&
                             !library_.value("LogonProcessName").empty() &&
                             library_.value("KeyLength") == "0";
            }
            const simdjson::dom::object members = expect.get_object();
            for (const auto member : members) {
              const auto name = names.find(member.key);
              if (name == names.end()) continue;
              agreement.check(id, member.key, scalar(member.value), library_.value(name->second));
            }
          });
  EXPECT_EQ(events, 91U);
  EXPECT_EQ(logons, 5U);
  EXPECT_EQ(taken_apart, logons);
  EXPECT_EQ(routed, events);
  agreement.at_least(0.99);
}

}  // namespace
}  // namespace tocsin::ingest
