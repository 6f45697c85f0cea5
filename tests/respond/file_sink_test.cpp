#include "respond/file_sink.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "respond/outbox.hpp"
#include "tests/temporary_folder.hpp"

namespace tocsin::respond {
namespace {

namespace fs = std::filesystem;

class FileSinkTest : public testing::Test {
 protected:
  const TemporaryFolder folder;
  std::string path = folder / "alerts.jsonl";

  [[nodiscard]] ChannelOptions options() const {
    return {.name = "c", .type = "file", .path = path, .fsync = false};
  }
  static std::vector<event::OutboxRow> rows(std::initializer_list<int> numbers) {
    std::vector<event::OutboxRow> all;
    for (const int n : numbers)
      all.push_back({"c", static_cast<std::uint64_t>(n), "id" + std::to_string(n),
                     "{\"id\":\"id" + std::to_string(n) + "\"}", 0});
    return all;
  }
  void write(std::string_view text) const { write_file(path, text); }
};

TEST_F(FileSinkTest, AppendsLines) {
  write("{\"id\":\"id0\"}\n");
  FileSink sink(options());
  EXPECT_EQ(sink.deliver(rows({1, 2})).delivered, 2U);
  EXPECT_EQ(sink.deliver(rows({3})).delivered, 1U);
  EXPECT_EQ(read_file(path),
            "{\"id\":\"id0\"}\n{\"id\":\"id1\"}\n{\"id\":\"id2\"}\n{\"id\":\"id3\"}\n");
}

TEST_F(FileSinkTest, NewFilesAreForOwnerAndGroupOnly) {
  ChannelOptions with_sync = options();
  with_sync.fsync = true;
  const mode_t before = umask(0);
  EXPECT_EQ(FileSink(with_sync).deliver(rows({1})).delivered, 1U);
  umask(before);
  struct stat status{};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0640U);
}

TEST_F(FileSinkTest, FollowsARotationAndARemoval) {
  FileSink sink(options());
  (void)sink.deliver(rows({1}));
  fs::rename(path, path + ".1");
  (void)sink.deliver(rows({2}));
  EXPECT_EQ(read_file(path + ".1"), "{\"id\":\"id1\"}\n");
  EXPECT_EQ(read_file(path), "{\"id\":\"id2\"}\n");
  fs::remove(path);
  (void)sink.deliver(rows({3}));
  EXPECT_EQ(read_file(path), "{\"id\":\"id3\"}\n");
}

TEST_F(FileSinkTest, KnowsAfterARestartWhatItWrote) {
  EXPECT_EQ(FileSink(options()).last_delivered(), "") << "no file";
  EXPECT_FALSE(fs::exists(path)) << "looking makes no file";
  (void)FileSink(options()).deliver(rows({1, 2, 3}));
  EXPECT_EQ(FileSink(options()).last_delivered(), "{\"id\":\"id3\"}");
  fs::remove(path);
  fs::create_directory(path);
  EXPECT_EQ(FileSink(options()).last_delivered(), std::nullopt) << "no file of ours";
}

TEST_F(FileSinkTest, ATornLineOfOursIsRemoved) {
  const std::string line = "{\"id\":\"id1\"}\n";
  for (std::size_t cut = 1; cut + 1 < line.size(); ++cut) {
    write(line + line.substr(0, cut));
    FileSink sink(options());
    EXPECT_EQ(sink.last_delivered(), "{\"id\":\"id1\"}") << cut;
    EXPECT_EQ(sink.deliver(rows({2})).delivered, 1U);
    EXPECT_EQ(read_file(path), line + "{\"id\":\"id2\"}\n") << cut;
  }
}

// After a power cut any page of what was not synced may be zero, also before one that is not.
TEST_F(FileSinkTest, LinesFromTheFirstZeroOnAreWrittenAnew) {
  const std::string first = "{\"id\":\"id1\"}\n", rest = "{\"id\":\"id2\"}\n{\"id\":\"id3\"}\n";
  for (std::size_t begin = 0; begin < rest.size(); ++begin) {
    for (std::size_t end = begin + 1; end <= rest.size(); ++end) {
      std::string left = rest;
      left.replace(begin, end - begin, end - begin, '\0');
      write(first + left);
      FileSink sink(options());
      const bool one = begin < first.size();  // the two lines are of one length
      ASSERT_EQ(sink.last_delivered(), one ? "{\"id\":\"id1\"}" : "{\"id\":\"id2\"}")
          << begin << " to " << end;
      (void)sink.deliver(one ? rows({2, 3}) : rows({3}));
      ASSERT_EQ(read_file(path), first + rest) << begin << " to " << end;
    }
  }
}

TEST_F(FileSinkTest, ZerosOfOthersStay) {
  const std::string theirs("their\0own\n", 10);
  for (const std::string& before : {theirs, std::string("{\"id\":\"id\0\n", 11) + theirs}) {
    write(before);
    FileSink sink(options());
    EXPECT_NE(sink.last_delivered(), "{\"id\":\"id1\"}");
    (void)sink.deliver(rows({1}));
    EXPECT_EQ(read_file(path), before + "{\"id\":\"id1\"}\n");
  }
}

TEST_F(FileSinkTest, AForeignLineIsEndedNotRemoved) {
  write("precious");
  FileSink sink(options());
  EXPECT_EQ(sink.last_delivered(), "precious");
  (void)sink.deliver(rows({1}));
  EXPECT_EQ(read_file(path), "precious\n{\"id\":\"id1\"}\n");
}

TEST_F(FileSinkTest, WhatIsNoPlainFileIsRefused) {
  fs::create_directory(path);
  EXPECT_NE(FileSink(options()).deliver(rows({1})).error, "");
  fs::remove(path);
  fs::create_symlink(folder / "elsewhere", path);
  EXPECT_NE(FileSink(options()).deliver(rows({1})).error, "");
  EXPECT_FALSE(fs::exists(folder / "elsewhere"));
  fs::remove(path);
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_NE(FileSink(options()).deliver(rows({1})).error, "");
  fs::remove(path);
  path = folder / "none/alerts.jsonl";
  const Outcome outcome = FileSink(options()).deliver(rows({1}));
  EXPECT_EQ(outcome.delivered, 0U);
  EXPECT_NE(outcome.error.find("respond-3"), std::string::npos);
  EXPECT_NE(outcome.error.find("No such file"), std::string::npos);
  EXPECT_FALSE(outcome.hopeless) << "the folder may come";
}

// The file may not grow beyond a limit, as on a full disk: no line is left torn or twice.
TEST_F(FileSinkTest, AFailedWriteLeavesNothingBehind) {
  FileSink sink(options());
  (void)sink.deliver(rows({1}));
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{30, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const Outcome outcome = sink.deliver(rows({2, 3, 4}));
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(outcome.delivered, 0U);
  EXPECT_NE(outcome.error, "");
  EXPECT_EQ(read_file(path), "{\"id\":\"id1\"}\n");
  EXPECT_EQ(sink.deliver(rows({2, 3, 4})).delivered, 3U);
  EXPECT_EQ(read_file(path),
            "{\"id\":\"id1\"}\n{\"id\":\"id2\"}\n{\"id\":\"id3\"}\n{\"id\":\"id4\"}\n");
}

TEST_F(FileSinkTest, NoByteOfAnyNameDoesHarm) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  event::Alert alert;
  alert.rule_id = alert.rule_title = all;
  alert.group = {{all, all}};
  const ChannelOptions channel = options();
  EXPECT_EQ(FileSink(channel).deliver(outbox_rows(alert, Change::fired, {&channel, 1})).delivered,
            1U);
  const std::string text = read_file(path);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  for (const char c : text)
    ASSERT_TRUE(c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F));
}

}  // namespace
}  // namespace tocsin::respond
