#include "cli/report.hpp"

#include "cli/commands.hpp"
#include "tests/cli/captured.hpp"

namespace tocsin::cli {
namespace {

TEST(ReportTest, ErrorsHaveTheirPlaceAndHarmNoTerminal) {
  Captured captured;
  print_errors(captured.streams().err, {{"rules-4", "bad \x1b[31mkey", {"a.yml", 3, 7}}}, "error");
  EXPECT_TRUE(captured.err().starts_with("tocsin: error: a.yml:3:7: rules-4: bad "));
  EXPECT_EQ(captured.err().find('\x1b'), std::string::npos);
}

TEST(ReportTest, ManyErrorsAreCounted) {
  Captured captured;
  print_errors(captured.streams().err, base::Errors(5, {"rules-4", "bad", {"a", 1, 1}}), "error",
               2);
  EXPECT_EQ(captured.err(),
            "tocsin: error: a:1:1: rules-4: bad\ntocsin: error: a:1:1: rules-4: bad\n"
            "tocsin: error: and 3 more; `tocsin check` shows them all\n");
}

TEST(ReportTest, JsonHasAllParts) {
  Captured captured;
  print_errors_json(captured.streams().out, {{"rules-4", "bad \"key\"", {"a.yml", 3, 7}}},
                    "warning");
  EXPECT_EQ(captured.out(),
            "{\"severity\":\"warning\",\"file\":\"a.yml\",\"line\":3,\"column\":7,"
            "\"code\":\"rules-4\",\"sentence\":\"bad \\\"key\\\"\"}\n");
}

TEST(ReportTest, ARefusedPermissionIsTheExitCode) {
  using base::Error;
  EXPECT_EQ(exit_code_of({{"rules-4", "bad", {}}}, exit_code::invalid), exit_code::invalid);
  EXPECT_EQ(exit_code_of({}, exit_code::findings), exit_code::findings);
  for (const Error& error :
       {Error{"base-5", "cannot be read: Permission denied", {}},
        Error{"ingest-106", "cannot listen", {}}, Error{"console-5", "missing", {}},
        Error{"store-1", "this cannot be a store's folder: it belongs to another user", {}},
        Error{"ingest-101", "cannot open: Operation not permitted", {}}}) {
    EXPECT_EQ(exit_code_of({{"rules-4", "bad", {}}, error}, exit_code::invalid),
              exit_code::permission)
        << error.code;
  }
}

TEST(ReportTest, OneIsNotMany) {
  EXPECT_EQ(counted(1, "event"), "1 event");
  EXPECT_EQ(counted(0, "event"), "0 events");
  EXPECT_EQ(counted(12, "rule file"), "12 rule files");
}

}  // namespace
}  // namespace tocsin::cli
