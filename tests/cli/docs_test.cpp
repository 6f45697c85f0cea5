#include "cli/docs.hpp"

#include <set>

#include "tests/cli/captured.hpp"

namespace tocsin::cli {
namespace {

TEST(DocsTest, APageIsPrinted) {
  const OwnPacks packs;
  for (const Page& page : reference_pages()) {
    Captured captured;
    EXPECT_EQ(run_docs({"", false, page.name}, captured.streams()), exit_code::ok);
    EXPECT_EQ(captured.out(), page.text);
    EXPECT_GT(page.text.size(), 500U) << page.name;
  }
}

TEST(DocsTest, PagesAreWrittenAndCompared) {
  const OwnPacks packs;
  const TemporaryFolder folder;
  Captured before, write, after, changed;
  EXPECT_EQ(run_docs({folder.path(), true, ""}, before.streams()), exit_code::findings);
  EXPECT_FALSE(std::filesystem::exists(folder.path("docs")));
  EXPECT_EQ(run_docs({folder.path(), false, ""}, write.streams()), exit_code::ok);
  EXPECT_NE(write.err().find("docs/reference/errors.md: written\n"), std::string::npos);
  EXPECT_EQ(run_docs({folder.path(), true, ""}, after.streams()), exit_code::ok) << after.err();
  EXPECT_NE(folder.write("docs/reference/fields.md", "other"), "");
  EXPECT_EQ(run_docs({folder.path(), true, ""}, changed.streams()), exit_code::findings);
  EXPECT_EQ(changed.err(), "docs/reference/fields.md: differs from what the program says\n");
}

TEST(DocsTest, WhatCannotBeWrittenIsNotCalledWritten) {
  const OwnPacks packs;
  const TemporaryFolder folder;
  const std::string file = folder.write("file", "");
  Captured captured;
  EXPECT_EQ(run_docs({file, false, ""}, captured.streams()), exit_code::findings);
  EXPECT_NE(captured.err().find("cli-3: cannot be written: Not a directory"), std::string::npos)
      << captured.err();
  EXPECT_EQ(captured.err().find(": written\n"), std::string::npos);
}

TEST(DocsTest, APageThatThereIsNotIsAMistakeOfUsage) {
  const OwnPacks packs;
  for (const DocsCommand& asked : {DocsCommand{"", false, "nosuch"}, DocsCommand{"", false, ""},
                                   DocsCommand{"x", false, "y"}}) {
    Captured captured;
    EXPECT_EQ(run_docs(asked, captured.streams()), exit_code::usage);
    EXPECT_NE(captured.err().find("pages: options, default-file, "), std::string::npos);
  }
}

}  // namespace
}  // namespace tocsin::cli
