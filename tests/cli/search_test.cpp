#include "cli/search.hpp"

#include <algorithm>
#include <string>

#include "tests/cli/captured.hpp"
#include "tests/cli/failed_store.hpp"

namespace tocsin::cli {
namespace {

// A store of five refused passwords; the user's name tries to colour the terminal.
class SearchTest : public testing::Test {
 protected:
  SearchTest() { store_failures(folder_, 5, "bob\x1b[31m"); }
  struct Answer {
    int code = 0;
    std::string out, err;
    [[nodiscard]] std::ptrdiff_t lines() const { return std::count(out.begin(), out.end(), '\n'); }
  };
  [[nodiscard]] SearchCommand command(std::string query) const {
    SearchCommand out;
    out.query = std::move(query);
    out.store = folder_.path("store");
    out.threads = 2;
    return out;
  }
  static Answer run(const SearchCommand& asked) {
    Captured captured;
    Answer answer;
    answer.code = run_search(asked, captured.streams());
    answer.out = captured.out();
    answer.err = captured.err();
    return answer;
  }

  OwnPacks packs_;
  TemporaryFolder folder_;
};

TEST_F(SearchTest, EventsInEachForm) {
  SearchCommand asked = command("failed and source.ip: 203.0.113.0/24");
  const Answer table = run(asked);
  EXPECT_EQ(table.code, exit_code::ok) << table.err;
  EXPECT_EQ(table.lines(), 6) << table.out;
  EXPECT_EQ(table.out.find('\x1b'), std::string::npos) << "nothing harms a terminal";
  asked.format = "json";
  const Answer json = run(asked);
  EXPECT_EQ(json.lines(), 5);
  EXPECT_NE(json.out.find(R"("source.ip":"203.0.113.7")"), std::string::npos) << json.out;
  asked.format = "raw";
  asked.limit = 2;
  const Answer raw = run(asked);
  EXPECT_EQ(raw.lines(), 2);
  EXPECT_NE(raw.out.find("bob\x1b[31m"), std::string::npos) << "a file gets what came";
  asked.format = "csv";
  asked.fields = "user.name, source.port";
  const Answer csv = run(asked);
  EXPECT_TRUE(csv.out.starts_with("user.name,source.port\n")) << csv.out;
  EXPECT_EQ(csv.lines(), 3);
}

TEST_F(SearchTest, FiguresAreATable) {
  const Answer answer = run(command("* | stats count() as n by source.ip"));
  EXPECT_EQ(answer.code, exit_code::ok) << answer.err;
  EXPECT_NE(answer.out.find("203.0.113.7  5"), std::string::npos) << answer.out;
}

TEST_F(SearchTest, TimesBoundIt) {
  SearchCommand asked = command("failed");
  asked.from = "2026-11-20";
  asked.to = "2026-11-20";
  asked.format = "json";
  EXPECT_EQ(run(asked).lines(), 5);
  asked.to = "2026-11-19";
  asked.from = "";
  EXPECT_EQ(run(asked).lines(), 0);
  asked.to = "";
  asked.last = "1s";
  EXPECT_EQ(run(asked).lines(), 0) << "the lines are not of this second";
  asked.last = "soon";
  EXPECT_EQ(run(asked).code, exit_code::usage);
  asked.last = "";
  asked.from = "yesterday";
  EXPECT_EQ(run(asked).code, exit_code::usage);
}

TEST_F(SearchTest, AMistakeIsShownAtItsPlace) {
  const Answer answer = run(command("user.name: bob smith"));
  EXPECT_EQ(answer.code, exit_code::usage);
  EXPECT_TRUE(answer.out.empty());
  EXPECT_NE(answer.err.find("query:1:16: search-2"), std::string::npos) << answer.err;
  EXPECT_NE(answer.err.find("  user.name: bob smith\n                 ^\n"), std::string::npos)
      << answer.err;
}

TEST_F(SearchTest, NothingFoundIsNoFailure) {
  const Answer answer = run(command("nothing"));
  EXPECT_EQ(answer.code, exit_code::ok);
  EXPECT_EQ(answer.err, "no events\n");
  SearchCommand missing = command("*");
  missing.store = folder_.path("elsewhere");
  EXPECT_NE(run(missing).code, exit_code::ok);
  SearchCommand pattern = command("*");
  pattern.fields = "user.*";
  EXPECT_EQ(run(pattern).code, exit_code::usage) << "a table needs its columns";
}

}  // namespace
}  // namespace tocsin::cli
