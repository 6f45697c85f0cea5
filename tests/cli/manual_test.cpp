#include "cli/manual.hpp"

#include <gtest/gtest.h>

namespace tocsin::cli {
namespace {

CommandNode sample() {
  OptionNode file{{"FILE"}, "FILE", {}, "What is read", true, true};
  OptionNode way{{"-w", "--way"}, "WAY", {"fast", "slow"}, "How", false, false};
  OptionNode flag{{"--json"}, "", {}, "As \\data", false, false};
  CommandNode read{"tool read",
                   "Reads it",
                   "It's so.\n.or not\n\nExamples:\n  tool read -w fast x",
                   {file, way, flag},
                   {}};
  CommandNode run{"tool run", "The daemon", "", {}, {}};
  return {
      "tool", "Tool: one for all", "Exit codes: 0.\n\nExamples:\n  tool read x", {}, {read, run}};
}

TEST(ManualTest, ACommandHasAPageWithItsOptionsAndExamples) {
  const auto pages = command_manuals(sample(), "1.2");
  ASSERT_EQ(pages.size(), 3U);
  EXPECT_EQ(pages[1].name, "tool-read");
  EXPECT_EQ(pages[1].section, 1);
  EXPECT_EQ(pages[1].text,
            ".TH TOOL\\-READ 1 \"\" \"tocsin 1.2\" \"Tocsin\"\n"
            ".SH NAME\ntool\\-read \\- Reads it\n"
            ".SH SYNOPSIS\n\\fBtool read\\fR [\\fIOPTION\\fR]... \\fIFILE\\fR...\n"
            ".SH DESCRIPTION\nReads it.\n"
            ".SH ARGUMENTS\n.TP\n\\fIFILE\\fR\nWhat is read.\n"
            ".SH OPTIONS\n"
            ".TP\n\\fB\\-w\\fR, \\fB\\-\\-way\\fR \\fIWAY\\fR\nHow: fast, slow.\n"
            ".TP\n\\fB\\-\\-json\\fR\nAs \\edata.\n"
            ".SH NOTES\nIt\\(aqs so.\n\\&.or not\n"
            ".SH EXAMPLES\n.EX\ntool read \\-w fast x\n.EE\n"
            ".SH SEE ALSO\n.BR tocsin (1),\n.BR tocsin.yaml (5)\n");
}

TEST(ManualTest, TheDaemonStandsInSectionEightAndTheFirstPageNamesAll) {
  const auto pages = command_manuals(sample(), "1.2");
  EXPECT_EQ(pages[2].section, 8);
  EXPECT_NE(pages[2].text.find("/var/lib/tocsin"), std::string::npos);
  EXPECT_NE(pages[0].text.find(".TP\n.BR tool\\-read (1)\nReads it.\n"), std::string::npos);
  EXPECT_NE(pages[0].text.find(".BR tool\\-run (8)"), std::string::npos);
  EXPECT_NE(pages[0].text.find("No daemon answers"), std::string::npos);
}

TEST(ManualTest, TheConfigurationHasEachOptionWithItsDefault) {
  const base::OptionInfo info{
      "store.sync", "text", "group", {.key = "sync", .unit = "", .sentence = "When."}};
  const OptionGroup group{"Options", {&info, 1}};
  const ManualPage page = configuration_manual({&group, 1}, "1.2");
  EXPECT_EQ(page.name, "tocsin.yaml");
  EXPECT_NE(page.text.find(".SH OPTIONS\n.TP\n\\fBstore.sync\\fR: text = group *\nWhen.\n"),
            std::string::npos);
}

}  // namespace
}  // namespace tocsin::cli
