#include "cli/explanation.hpp"

#include "tests/cli/explanation_fixture.hpp"

namespace tocsin::cli {
namespace {

class ExplanationTextTest : public ExplanationTest {
 protected:
  [[nodiscard]] std::string text() const { return explanation_text(said_, *pipeline_, asked_, 0); }
};

TEST_F(ExplanationTextTest, SaysWhatIsCountedWhatIsNotAndHowFarItIs) {
  event(1, 30, "first", "bob");  // before the window
  event(2, 50, "first", "bob");
  event(3, 60, "second", "eve");
  event(4, 61, "second", "", "evil\x1b[31m");
  event(5, 101, "second", "bob");
  measure();
  said_.less_from = base::EventTime(110 * base::ns_per_second);
  EXPECT_EQ(text(),
            "rule     Both (cccccccc-1111-4111-8111-111111111111)\n"
            "         temporal_ordered, at least 2 in 1m\n"
            "by       the packs in force then, from event 1 on\n"
            "group    user.name=bob\n"
            "window   after 1970-01-01T00:00:40Z, up to 1970-01-01T00:01:40Z\n"
            "read     events 1 to 9; what came before is not known\n"
            "\n"
            "counted: 1 event\n"
            "seq  time                  rule   event\n"
            "2    1970-01-01T00:00:50Z  First  a line\n"
            "\n"
            "rules, in their order:\n"
            "  yes  First: met once, 1970-01-01T00:00:50Z\n"
            "  no   Second: met by none\n"
            "\n"
            "not counted:\n"
            "  1 event without a group-by field\n"
            "    4  1970-01-01T00:01:01Z  no user.name  evil\\x1b[31m\n"
            "  1 detection of 1 other group: user.name=eve 1\n"
            "  1 detection of this group before the window, the last at 1970-01-01T00:00:30Z\n"
            "  1 detection of this group after the window, the first at 1970-01-01T00:01:41Z\n"
            "\n"
            "verdict  not fired: 1 of 2 rules in their order, at least 2 asked for\n"
            "         1 more would have made it true, before 1970-01-01T00:01:50Z: from then on it "
            "holds less\n");
}

TEST_F(ExplanationTextTest, AnAlertIsNamed) {
  event(1, 50, "first", "bob");
  event(2, 60, "second", "bob");
  measure();
  said_.verdict = engine::Verdict::fired;
  said_.alert.emplace();
  said_.alert->id.bytes[0] = 0xab;
  asked_.in_force = false;
  asked_.why = "the rule was not in force then";
  const std::string said = text();
  EXPECT_NE(said.find("by       today's packs: the rule was not in force then\n"),
            std::string::npos)
      << said;
  EXPECT_NE(said.find("not counted: nothing\n"), std::string::npos) << said;
  EXPECT_NE(said.find("verdict  fired: 2 of 2 rules in their order, at least 2 asked for; alert "
                      "ab000000000000000000000000000000\n"),
            std::string::npos)
      << said;
}

TEST_F(ExplanationTextTest, EveryVerdictHasItsSentence) {
  event(1, 50, "first", "bob");
  measure();
  said_.alert.emplace();
  for (const auto& [verdict, part] :
       {std::pair(engine::Verdict::amended, "goes on"),
        std::pair(engine::Verdict::open, "still open"),
        std::pair(engine::Verdict::satisfied, "no alert of its own"),
        std::pair(engine::Verdict::waiting, "when the watermark has passed")}) {
    said_.verdict = verdict;
    EXPECT_NE(text().find(part), std::string::npos) << text();
  }
}

TEST_F(ExplanationTextTest, OlderEventsAreCounted) {
  for (int i = 0; i < 30; ++i) event(1 + i, 50 + i, "first", "bob");
  measure();
  EXPECT_NE(text().find("counted: 30 events\n  10 events older, not shown (--show)\n"),
            std::string::npos)
      << text();
}

}  // namespace
}  // namespace tocsin::cli
