#include "cli/program.hpp"

#include "cli/commands.hpp"
#include "tests/cli/captured.hpp"

namespace tocsin::cli {
namespace {

TEST(ProgramTest, HelpIsDataAndAMistakeIsAMessage) {
  Captured help;
  EXPECT_EQ(run_program({"help", "replay"}, help.streams()), exit_code::ok);
  EXPECT_NE(help.out().find("tocsin replay --json"), std::string::npos);
  EXPECT_EQ(help.err(), "");
  Captured mistake;
  EXPECT_EQ(run_program({"reply"}, mistake.streams()), exit_code::usage);
  EXPECT_EQ(mistake.out(), "");
  EXPECT_EQ(mistake.err(),
            "tocsin: `reply` is not a command; did you mean replay?\n`tocsin --help` says more.\n");
}

TEST(ProgramTest, TheCommandThatWasNamedIsRun) {
  Captured captured;
  EXPECT_EQ(run_program({"docs", "anomalies"}, captured.streams()), exit_code::ok);
  EXPECT_TRUE(captured.out().starts_with("# Anomalies\n")) << captured.out();
}

TEST(ProgramTest, AFullDiskIsNoSuccess) {
  Captured captured;
  std::FILE* full = std::fopen("/dev/full", "w");
  ASSERT_NE(full, nullptr);
  EXPECT_EQ(run_program({"docs", "anomalies"}, {stdin, full, captured.streams().err}),
            exit_code::findings);
  EXPECT_NE(captured.err().find("No space left on device"), std::string::npos);
  std::fclose(full);
}

}  // namespace
}  // namespace tocsin::cli
