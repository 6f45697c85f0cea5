#include "cli/doctor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/cli/captured.hpp"

namespace tocsin::cli {
namespace {

using Verdict = Finding::Verdict;

// A machine on which all is well, in a folder.
class DoctorTest : public testing::Test {
 protected:
  DoctorTest() {
    machine_.proc = folder_.path("proc");
    machine_.journals = {folder_.path("journal")};
    std::filesystem::create_directory(folder_.path("journal"));
    machine_.daemon_answers = true;
    machine_.room = Machine::Room{std::uint64_t{50} << 30U, std::uint64_t{100} << 30U, false};
    folder_.write("proc/sys/net/core/rmem_max", "67108864\n");
    config_ = default_config();
    config_.daemon.store.retention_size = std::size_t{20} << 30U;
    ingest::InputOptions journal;
    journal.name = "journal";
    journal.type = "journald";
    config_.daemon.inputs.push_back(journal);
  }
  Finding finding(const std::string& subject) {
    const auto all = examine(config_, machine_);
    const auto found = std::ranges::find(all, subject, &Finding::subject);
    if (found != all.end()) return *found;
    ADD_FAILURE() << subject;
    return {};
  }

  TemporaryFolder folder_;
  Machine machine_;
  Config config_;
};

TEST_F(DoctorTest, WhereAllIsWellNothingIsToBeDone) {
  const auto all = examine(config_, machine_);
  EXPECT_EQ(all.size(), 7U);
  for (const Finding& one : all) {
    EXPECT_EQ(one.verdict, Verdict::fine) << one.subject << ": " << one.sentence;
    EXPECT_EQ(one.remedy, "") << one.subject;
  }
}

TEST_F(DoctorTest, ASmallBufferIsToldWithTheNumberToSet) {
  folder_.write("proc/sys/net/core/rmem_max", "212992\n");
  const Finding found = finding("buffer of input udp");
  EXPECT_EQ(found.verdict, Verdict::warning);
  EXPECT_NE(found.remedy.find("net.core.rmem_max=16777216"), std::string::npos);
}

TEST_F(DoctorTest, WhoHasThePortIsNamed) {
  config_.daemon.inputs[0].port = 514;
  folder_.write("proc/net/udp",
                "  sl  local_address rem_address   st ...\n"
                " 12: 00000000:0202 00000000:0000 07 00000000:00000000 00:00000000 00000000  0     "
                "   0 4711 2 0 0\n");
  EXPECT_EQ(finding("udp port 514").sentence, "Tocsin has it");  // by whom cannot be seen
  machine_.daemon_answers = false;
  EXPECT_EQ(finding("udp port 514").sentence, "another program has it");
  folder_.write("proc/812/comm", "rsyslogd\n");
  std::filesystem::create_directories(folder_.path("proc/812/fd"));
  std::filesystem::create_symlink("socket:[4711]", folder_.path("proc/812/fd/5"));
  const Finding found = finding("udp port 514");
  EXPECT_EQ(found.verdict, Verdict::problem);
  EXPECT_EQ(found.sentence, "rsyslogd has it");
  EXPECT_NE(found.remedy.find("imudp"), std::string::npos);
  folder_.write("proc/812/comm", "systemd\n");
  EXPECT_EQ(finding("udp port 514").verdict, Verdict::fine);
}

TEST_F(DoctorTest, OnTcpOnlyAListenerHasAPort) {
  const std::string head = "  sl  local_address rem_address   st ...\n";
  const std::string rest = " 00000000:00000000 00:00000000 00000000  0 0 4711 2 0 0\n";
  machine_.daemon_answers = false;
  folder_.write("proc/net/tcp6", head + " 0: 00:158A 00:0001 01" + rest);
  EXPECT_EQ(finding("tcp port 5514").sentence, "it is free");
  folder_.write("proc/net/tcp6", head + " 0: 00:158A 00:0000 0A" + rest);
  EXPECT_EQ(finding("tcp port 5514").verdict, Verdict::problem);
}

TEST_F(DoctorTest, RoomIsLookedAt) {
  machine_.room->in_memory = true;
  EXPECT_NE(finding("disk").sentence.find("is in memory"), std::string::npos);
  machine_.room = Machine::Room{std::uint64_t{2} << 30U, std::uint64_t{100} << 30U, false};
  EXPECT_EQ(finding("disk").verdict, Verdict::problem);
  machine_.room = Machine::Room{std::uint64_t{9} << 30U, std::uint64_t{10} << 30U, false};
  EXPECT_NE(finding("disk").sentence.find("more than the disk has"), std::string::npos);
  config_.daemon.store.retention_size = 0;
  EXPECT_NE(finding("disk").sentence.find("without end"), std::string::npos);
  machine_.room.reset();
  EXPECT_EQ(finding("disk").verdict, Verdict::problem);
}

TEST_F(DoctorTest, ClockJournalFilesAndDaemonAreLookedAt) {
  machine_.clock_is_set = false;
  machine_.daemon_answers = false;
  machine_.journals = {folder_.path("none")};
  config_.daemon.inputs[0].type = "file";
  config_.daemon.inputs[0].path = {folder_.path("none.log"), folder_.path("*.log")};
  for (const char* subject : {"clock", "daemon", "input journal", "input udp"}) {
    EXPECT_EQ(finding(subject).verdict, Verdict::warning) << subject;
    EXPECT_NE(finding(subject).remedy, "") << subject;
  }
}

TEST(DoctorCommandTest, ThisMachineCanBeLookedAt) {
  const TemporaryFolder folder;
  const std::string file =
      folder.write("a.yaml", "inputs: {}\nstore: {path: " + folder.path("store/deep") +
                                 "}\nconsole: {socket: " + folder.path("none.sock") + "}\n");
  Captured json;
  static_cast<void>(run_doctor({file, true}, json.streams()));
  EXPECT_NE(json.out().find(R"({"subject":"daemon","verdict":"warning",)"), std::string::npos)
      << json.out();
  EXPECT_NE(json.out().find(" is free at "), std::string::npos) << json.out();
  Captured wrong;
  EXPECT_EQ(run_doctor({folder.write("b.yaml", "stor: {}\n"), false}, wrong.streams()),
            exit_code::findings);
  EXPECT_TRUE(wrong.out().starts_with("problem  configuration: "));
}

}  // namespace
}  // namespace tocsin::cli
