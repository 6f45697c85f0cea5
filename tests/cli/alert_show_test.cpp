#include "cli/alert_show.hpp"

#include "tests/cli/alert_store.hpp"

namespace tocsin::cli {
namespace {

using event::AlertAction;
using What = AlertsCommand::What;
using AlertShow = AlertStoreTest;

TEST_F(AlertShow, TellsTheAlertAndWhatPeopleDid) {
  const std::string before = said(command(What::show));
  EXPECT_NE(before.find("alert     " + ids_[0] + "\nrule      "), std::string::npos) << before;
  EXPECT_NE(before.find("\nevidence  frames 1, 2, 3, 4, 5\nstatus    open\n"), std::string::npos)
      << before;
  EXPECT_EQ(before.find("who  "), before.rfind("who  ")) << "no table of changes";
  AlertsCommand asked = changing(AlertAction::comment);
  asked.text = "the same as last week";
  said(asked);
  asked = changing(AlertAction::close);
  asked.reason = "duplicate";
  said(asked);
  const std::string text = said(command(What::show));
  EXPECT_NE(text.find("\nstatus    closed (duplicate)\n"), std::string::npos) << text;
  EXPECT_NE(text.find("commented                   the same as last week\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find("open -> closed (duplicate)"), std::string::npos) << text;
}

TEST_F(AlertShow, JsonHasTheHistoryAlsoWhereThereIsNone) {
  AlertsCommand asked = command(What::show);
  asked.json = true;
  asked.ids = {ids_[0].substr(0, 7), ids_[1]};
  const std::string json = said(asked);
  EXPECT_EQ(std::count(json.begin(), json.end(), '\n'), 2);
  EXPECT_NE(json.find(R"("changes":0,"changed":null,"history":[]}})"), std::string::npos) << json;
}

TEST_F(AlertShow, WhatIsNotThereIsSaid) {
  AlertsCommand asked = command(What::show);
  asked.ids = {"ffffffff", ids_[0], "zz"};
  const std::string text = said(asked, exit_code::findings);
  EXPECT_NE(text.find("store-26"), std::string::npos) << text;
  EXPECT_NE(text.find("store-27"), std::string::npos) << text;
  EXPECT_NE(text.find("alert     " + ids_[0]), std::string::npos) << text;
  asked.store = folder_.path("none");
  EXPECT_NE(said(asked, exit_code::findings).find("store-1"), std::string::npos);
}

}  // namespace
}  // namespace tocsin::cli
