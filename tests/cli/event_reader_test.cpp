#include "cli/event_reader.hpp"

#include "cli/setup.hpp"
#include "tests/cli/captured.hpp"

namespace tocsin::cli {
namespace {

constexpr const char* line =
    "Nov 20 22:40:01 web01 sshd[811]: Failed password for bob from 203.0.113.7 port 50022 ssh2";
constexpr const char* audit =
    "type=SYSCALL msg=audit(1700000000.123:42): arch=c000003e syscall=59 success=yes exit=0 "
    "items=0 ppid=1 pid=2 auid=1000 uid=0 comm=\"id\" exe=\"/usr/bin/id\" key=(null)\n"
    "type=PROCTITLE msg=audit(1700000000.123:42): proctitle=\"id\"\n";

class EventReaderTest : public testing::Test {
 protected:
  // The decoders of the events, or "-", in order.
  std::vector<std::string> read(bool join, const std::function<void(EventReader&)>& feed) {
    const LoadedSetup loaded = load_setup(
        {.rules = {}, .decoders = {}, .lists = {}, .mappings = {}, .default_rules = false}, {});
    std::vector<std::string> out;
    EventReader reader({.join = join, .year = 2026}, loaded.setup.pipeline,
                       [&](const event::Batch& batch, std::size_t index) {
                         out.emplace_back(batch.raw(index).substr(0, 12));
                         times_.push_back(batch.events[index].time.value);
                       });
    feed(reader);
    reader.end();
    return out;
  }
  OwnPacks packs_;
  TemporaryFolder folder_;
  std::vector<std::int64_t> times_;
};

TEST_F(EventReaderTest, LinesStreamsAndFilesGiveTheSameEvents) {
  const std::vector<std::string> two{"Nov 20 22:40", "Nov 20 22:40"};
  EXPECT_EQ(read(false, [](EventReader& r) { r.add(line), r.add(line); }), two);
  const Captured in(std::string(line) + "\r\n" + line);
  EXPECT_EQ(read(false, [&](EventReader& r) { r.read_lines(in.streams().in); }), two);
  const std::string path = folder_.write("a.log", std::string(line) + "\n" + line + "\n");
  EXPECT_EQ(read(false, [&](EventReader& r) { EXPECT_TRUE(r.read_files({path}).empty()); }), two);
  for (const std::int64_t time : times_) EXPECT_EQ(time, times_.front()) << "year and zone hold";
}

TEST_F(EventReaderTest, AuditRecordsAreJoinedWhereThatIsWanted) {
  const std::string path = folder_.write("audit.log", audit);
  const auto feed = [&](EventReader& r) { EXPECT_TRUE(r.read_files({path}).empty()); };
  EXPECT_EQ(read(false, feed).size(), 2U);
  EXPECT_EQ(read(true, feed).size(), 1U);
}

TEST_F(EventReaderTest, AFileThatIsNotThereIsAnError) {
  read(true, [&](EventReader& r) {
    const base::Errors errors = r.read_files({folder_ / "none"});
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_NE(errors[0].sentence.find("No such file"), std::string::npos) << errors[0].sentence;
  });
}

}  // namespace
}  // namespace tocsin::cli
