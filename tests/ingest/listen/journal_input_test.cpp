#include "ingest/listen/journal_input.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "tests/ingest/listen/live_inputs.hpp"

namespace tocsin::ingest {
namespace {

// Of the package systemd-journal-remote: writes journal files from the export format.
std::string writer() {
  if (const char* const path = std::getenv("TOCSIN_JOURNAL_REMOTE")) return path;
  return "/lib/systemd/systemd-journal-remote";
}

class JournalInputTest : public LiveInputs {
 protected:
  void SetUp() override {
    ASSERT_EQ(::access(writer().c_str(), X_OK), 0)
        << "nothing writes journals here: apt install systemd-journal-remote";
  }
  // Appends entries of the export format to a journal file.
  void write(const std::string& file, const std::string& entries) {
    write_file(folder_ / "export", entries);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const int null = ::open("/dev/null", O_WRONLY);
      ::dup2(null, 2);
      const std::string output = "--output=" + (folder_ / file), in = folder_ / "export";
      ::execl(writer().c_str(), writer().c_str(), output.c_str(), in.c_str(), nullptr);
      ::_exit(127);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(WEXITSTATUS(status), 0);
  }
  static std::string entry(std::uint64_t number, const std::string& more = {}) {
    const std::string n = std::to_string(number);
    return "__REALTIME_TIMESTAMP=" + std::to_string(1'790'000'000'000'000 + number * 1000) +
           "\n__MONOTONIC_TIMESTAMP=" + std::to_string(1000 + number * 1000) +
           "\n_BOOT_ID=0123456789abcdef0123456789abcdef\nMESSAGE=entry " + n +
           "\nSYSLOG_IDENTIFIER=sshd\n_PID=" + n + "\nPRIORITY=6\nUNUSED_FIELD=x\n" + more + "\n";
  }
  InputOptions journal() {
    InputOptions options = input("journal", "journald");
    options.path = {folder_.path()};
    return options;
  }
  static std::string message(const std::string& json) {
    const std::size_t at = json.find("\"MESSAGE\":\"") + 11;
    return json.substr(at, json.find('"', at) - at);
  }
  TemporaryFolder folder_;
};

TEST_F(JournalInputTest, EntriesBecomeJson) {
  write("a.journal", entry(1, "SYSLOG_FACILITY=10\n_UID=0\n_SYSTEMD_UNIT=ssh.service\n"));
  run({journal()});
  ASSERT_TRUE(frames_come(1));
  stop();
  const auto frames = engine_->frames();
  EXPECT_EQ(frames[0].text,
            "{\"__REALTIME_TIMESTAMP\":\"1790000000001000\",\"MESSAGE\":\"entry 1\","
            "\"SYSLOG_IDENTIFIER\":\"sshd\",\"_PID\":\"1\",\"PRIORITY\":\"6\","
            "\"SYSLOG_FACILITY\":\"10\",\"_UID\":\"0\",\"_SYSTEMD_UNIT\":\"ssh.service\","
            "\"_BOOT_ID\":\"0123456789abcdef0123456789abcdef\"}");
  EXPECT_TRUE(frames[0].anomalies.empty());
  const event::Source& source = sources_[frames[0].source];
  EXPECT_EQ(source.input, "journal");
  EXPECT_EQ(source.format, "json");
  EXPECT_EQ(source.transport, event::Transport::journald);
  expect_conservation("journal");
}

TEST_F(JournalInputTest, BinaryAndLongFields) {
  auto binary = [](const std::string& name, const std::string& value) {
    std::string size(8, '\0');
    for (std::size_t i = 0; i < 8; ++i) size[i] = static_cast<char>(value.size() >> (8 * i) & 0xff);
    return name + "\n" + size + value + "\n";
  };
  const std::string time =
      "__REALTIME_TIMESTAMP=1790000000000000\n__MONOTONIC_TIMESTAMP=1\n"
      "_BOOT_ID=0123456789abcdef0123456789abcdef\n";
  write("a.journal", time + binary("MESSAGE", "two\nlines \xff") + "\n" + time +
                         binary("MESSAGE", std::string(10'000, 'x')) + "\n");
  InputOptions options = journal();
  options.max_frame = 1000;
  run({options});
  ASSERT_TRUE(frames_come(2));
  const auto frames = engine_->frames();
  EXPECT_EQ(message(frames[0].text), "two\\nlines \xef\xbf\xbd");
  EXPECT_TRUE(frames[0].anomalies.has(event::Anomaly::bad_utf8));
  EXPECT_TRUE(frames[1].anomalies.has(event::Anomaly::frame_truncated));
  EXPECT_LT(message(frames[1].text).size(), 1000U);
  EXPECT_GT(message(frames[1].text).size(), 900U);
}

TEST_F(JournalInputTest, EachEntryOnceOverRestartsAndAsTheyCome) {
  std::size_t count = 0;
  auto more = [&](std::size_t n) {
    std::string entries;
    for (std::size_t i = 0; i < n; ++i) entries += entry(count++);
    write("a.journal", entries);
  };
  more(2000);
  for (int round = 0; round < 3; ++round) {
    run({journal()});
    ASSERT_TRUE(frames_come(count));
    more(3);  // while it runs
    ASSERT_TRUE(frames_come(count));
    stop();
    more(5);
  }
  run({journal()});
  ASSERT_TRUE(frames_come(count));
  stop();
  const auto frames = engine_->frames();
  ASSERT_EQ(frames.size(), count);
  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_EQ(message(frames[i].text), "entry " + std::to_string(i));
    ASSERT_FALSE(frames[i].anomalies.has(event::Anomaly::journal_gap));
  }
  EXPECT_EQ(counters("journal").gaps.get(), 0U);
}

TEST_F(JournalInputTest, AVanishedCursorIsAGapAndNoLoop) {
  write("a.journal", entry(1) + entry(2));
  run({journal()});
  ASSERT_TRUE(frames_come(2));
  stop();
  std::filesystem::remove(folder_ / "a.journal");
  write("b.journal", entry(5) + entry(6));
  run({journal()});
  ASSERT_TRUE(frames_come(4));
  write("b.journal", entry(7));
  ASSERT_TRUE(frames_come(5));
  stop();
  const auto frames = engine_->frames();
  ASSERT_EQ(frames.size(), 5U);
  EXPECT_EQ(message(frames[2].text), "entry 5");
  EXPECT_TRUE(frames[2].anomalies.has(event::Anomaly::journal_gap));
  EXPECT_FALSE(frames[3].anomalies.has(event::Anomaly::journal_gap));
  EXPECT_EQ(message(frames[4].text), "entry 7");
  EXPECT_EQ(counters("journal").gaps.get(), 1U);
}

TEST_F(JournalInputTest, FilesRemovedWhileItRuns) {
  write("a.journal", entry(1) + entry(2));
  run({journal()});
  ASSERT_TRUE(frames_come(2));
  std::filesystem::remove(folder_ / "a.journal");
  write("b.journal", entry(3));
  ASSERT_TRUE(frames_come(3));
  EXPECT_EQ(message(engine_->frames()[2].text), "entry 3");
}

TEST_F(JournalInputTest, OnlyNewEntriesWhenAskedFor) {
  write("a.journal", entry(1) + entry(2));
  InputOptions options = journal();
  options.from_begin = false;
  run({options});
  std::uint64_t number = 10;
  ASSERT_TRUE(wait_until([&] {
    write("a.journal", entry(number++));
    return engine_->count() > 0;
  }));
  EXPECT_NE(message(engine_->frames()[0].text), "entry 1");
  EXPECT_NE(message(engine_->frames()[0].text), "entry 2");
}

TEST_F(JournalInputTest, BackPressure) {
  std::string entries;
  for (std::uint64_t i = 0; i < 3000; ++i) entries += entry(i);
  write("a.journal", entries);
  IntakeOptions small;
  small.batches = 1;
  small.batch.frames = 50;
  run({journal()}, small);
  engine_->hold(true);
  ASSERT_TRUE(wait_until([&] { return counters("journal").waits.get() > 0; }));
  engine_->hold(false);
  ASSERT_TRUE(frames_come(3000));
  stop();
  EXPECT_EQ(engine_->count(), 3000U);
  expect_conservation("journal");
}

TEST_F(JournalInputTest, WhatIsNoJournalIsAnError) {
  Intake intake({}, *clock_);
  InputOptions options = journal();
  options.path = {folder_ / "none"};
  auto errors = listeners_.start({options}, intake, sources_, offsets_, *clock_);
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].code, "ingest-111");
  write_file(folder_ / "text", "no journal");
  options.path = {folder_ / "text"};
  errors = listeners_.start({options}, intake, sources_, offsets_, *clock_);
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].code, "ingest-111");
}

}  // namespace
}  // namespace tocsin::ingest
