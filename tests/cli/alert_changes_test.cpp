#include "cli/alert_changes.hpp"

#include <unistd.h>

#include "console/http/peer.hpp"
#include "store/check.hpp"
#include "tests/cli/alert_store.hpp"

namespace tocsin::cli {
namespace {

using event::AlertAction;
using AlertChanges = AlertStoreTest;

TEST_F(AlertChanges, AreMadeInTheStoreWhereThereIsNoDaemon) {
  EXPECT_EQ(said(changing(AlertAction::acknowledge)), ids_[0] + ": acknowledged\n");
  AlertsCommand asked = changing(AlertAction::assign);
  asked.assignee = "alice";
  EXPECT_EQ(said(asked), ids_[0] + ": acknowledged, alice has it\n");
  asked = changing(AlertAction::tag);
  asked.add_tags = {"vpn", "known"};
  asked.ids = {ids_[0].substr(0, 8), ids_[1].substr(0, 8)};
  EXPECT_EQ(said(asked), ids_[0] + ": acknowledged, alice has it, tagged known, vpn\n" + ids_[1] +
                             ": open, tagged known, vpn\n");
  asked = changing(AlertAction::close);
  asked.reason = "false_positive";
  asked.json = true;
  EXPECT_NE(said(asked).find(R"("life_cycle":{"status":"closed","reason":"false_positive")"),
            std::string::npos);
  const auto store = store::Store::open_read_only(folder_.path("store"));
  ASSERT_TRUE(store);
  EXPECT_TRUE((*store)->report().clean) << "the command closed it";
  const auto found = (*store)->alerts().find(ids_[0]);
  ASSERT_TRUE(found);
  const auto history = (*store)->alerts().history(found->alert.id);
  ASSERT_TRUE(history);
  ASSERT_EQ(history->size(), 5U);
  for (const event::AlertChange& change : *history) {
    EXPECT_EQ(change.by.uid, ::getuid());
    EXPECT_EQ(change.by.user, console::account_name(::getuid()));
    EXPECT_GT(change.at.value, 0);
  }
  EXPECT_TRUE(store::check_store(folder_.path("store")).findings.empty());
}

TEST_F(AlertChanges, OneThatIsRefusedDoesNotHoldUpTheOthers) {
  AlertsCommand asked = changing(AlertAction::close);
  asked.reason = "benign";
  said(asked);
  asked.ids = {ids_[0], "ffffff", ids_[1]};
  const std::string text = said(asked, exit_code::findings);
  EXPECT_NE(text.find(ids_[1] + ": closed (benign)\n"), std::string::npos) << text;
  EXPECT_NE(text.find(ids_[0] + ": event-3: the alert is closed already"), std::string::npos)
      << text;
  EXPECT_NE(text.find("ffffff: store-26: there is no alert ffffff"), std::string::npos) << text;
}

TEST_F(AlertChanges, AHeldStoreWithoutADaemonIsRefused) {
  const auto held = store::Store::open(folder_.path("store"));
  ASSERT_TRUE(held);
  AlertsCommand asked = changing(AlertAction::acknowledge);
  asked.socket = folder_.path("none.sock");
  EXPECT_NE(said(asked, exit_code::no_daemon).find("console-4"), std::string::npos);
}

TEST_F(AlertChanges, WordsThatSayNothingAreAMistakeOfUsage) {
  EXPECT_EQ(said(changing(AlertAction::tag), exit_code::usage),
            "tocsin: say --add TAG or --remove TAG\n");
  EXPECT_EQ(said(changing(AlertAction::assign), exit_code::usage),
            "tocsin: say --to NAME or --nobody\n");
  AlertsCommand asked = changing(AlertAction::acknowledge);
  asked.store = folder_.path("none");
  EXPECT_NE(said(asked, exit_code::findings).find("store-1"), std::string::npos);
}

}  // namespace
}  // namespace tocsin::cli
