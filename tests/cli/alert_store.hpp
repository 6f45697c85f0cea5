// A store with the alerts of one brute force, for the commands that show and change alerts.
// Threads:   one
// Tested by: the tests that use it
#pragma once

#include <string>
#include <vector>

#include "cli/alerts.hpp"
#include "store/store.hpp"
#include "tests/cli/captured.hpp"
#include "tests/cli/failed_store.hpp"

namespace tocsin::cli {

class AlertStoreTest : public testing::Test {
 protected:
  AlertStoreTest() {
    const auto store = store::Store::open_read_only(store_failures(folder_, 5));
    EXPECT_TRUE((*store)->read_alerts({}, [this](const store::StoredAlert& stored) {
      ids_.push_back(event::to_string(stored.alert.id));
      return true;
    }));
  }
  [[nodiscard]] AlertsCommand command(AlertsCommand::What what) const {
    AlertsCommand out;
    out.what = what;
    out.store = folder_.path("store");
    out.ids = {ids_.at(0)};
    return out;
  }
  [[nodiscard]] AlertsCommand changing(event::AlertAction action) const {
    AlertsCommand out = command(AlertsCommand::What::change);
    out.action = action;
    return out;
  }
  // What it says, on stdout then stderr.
  static std::string said(const AlertsCommand& asked, int code = exit_code::ok) {
    Captured captured;
    EXPECT_EQ(run_alerts(asked, captured.streams()), code) << captured.err();
    return captured.out() + captured.err();
  }

  OwnPacks packs_;
  TemporaryFolder folder_;
  std::vector<std::string> ids_;  // two
};

}  // namespace tocsin::cli
