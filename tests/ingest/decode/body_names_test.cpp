#include "ingest/decode/body_names.hpp"

#include <gtest/gtest.h>

namespace tocsin::ingest {
namespace {

class BodyNamesTest : public ::testing::Test {
 protected:
  std::string given(std::string_view written) {
    return std::string(names_.given(written, scratch_).name);
  }
  BodyNames names_;
  std::string scratch_;
};

TEST_F(BodyNamesTest, WithoutEntriesANameStays) {
  EXPECT_EQ(given("Event.System.Channel"), "Event.System.Channel");
  EXPECT_EQ(given(""), "");
  EXPECT_EQ(given("a.#attributes.b"), "a.#attributes.b");
}

TEST_F(BodyNamesTest, APrefixOfWholePartsIsTakenAway) {
  names_.add({.prefix = "Event.EventData"});
  EXPECT_EQ(given("Event.EventData.Image"), "Image");
  EXPECT_EQ(given("Event.EventData.Threat Name"), "Threat Name");
  EXPECT_EQ(given("Event.EventData.a.b"), "a.b");
  EXPECT_EQ(given("Event.EventData"), "Event.EventData");
  EXPECT_EQ(given("Event.EventData."), "Event.EventData.");
  EXPECT_EQ(given("Event.EventDataX.Image"), "Event.EventDataX.Image");
  EXPECT_EQ(given("x.Event.EventData.Image"), "x.Event.EventData.Image");
}

TEST_F(BodyNamesTest, AStarIsOnePart) {
  names_.add({.prefix = "Event.UserData.*"});
  names_.add({.prefix = "Event.UserData"});
  EXPECT_EQ(given("Event.UserData.Operation_ClientFailure.User"), "User");
  EXPECT_EQ(given("Event.UserData.User"), "User");
  EXPECT_EQ(given("Event.UserData.A.B.C"), "B.C");
}

TEST_F(BodyNamesTest, AttributesAreNamedByTheirElement) {
  names_.add({.prefix = "Event.System"});
  names_.add({.prefix = "Event.EventData"});
  for (const char* written :
       {"Event.System.Provider.#attributes.Name", "Event.System.Provider_attributes.Name",
        "Event.System.Provider.@Name"}) {
    EXPECT_EQ(given(written), "Provider_Name");
  }
  EXPECT_EQ(given("Event.System.EventID.#text"), "EventID");
  EXPECT_EQ(given("Event.System.EventID.#attributes.Qualifiers"), "EventID_Qualifiers");
  EXPECT_EQ(given("Event.EventData.#attributes.Name"), "EventData_Name");
  EXPECT_EQ(given("Event.EventData.#text"), "#text");
}

TEST_F(BodyNamesTest, TheFirstLetterMayBecomeACapital) {
  names_.add({.prefix = "win.eventdata", .capital = true, .escaped = true});
  EXPECT_EQ(given("win.eventdata.commandLine"), "CommandLine");
  EXPECT_EQ(given("win.eventdata.Image"), "Image");
  EXPECT_EQ(given("win.eventdata.\xC3\xA4"), "\xC3\xA4");
  EXPECT_TRUE(names_.given("win.eventdata.image", scratch_).escaped);
  EXPECT_FALSE(names_.given("win.other.image", scratch_).escaped);
}

TEST_F(BodyNamesTest, AWholeNameGoesBeforePrefixesAndTheFirstPrefixCounts) {
  names_.add({.prefix = "winlog"});
  names_.add({.prefix = "winlog.event_data"});
  names_.add_name("winlog.event_id", "EventID");
  EXPECT_EQ(given("winlog.event_id"), "EventID");
  EXPECT_EQ(given("winlog.event_data.Image"), "event_data.Image");
}

}  // namespace
}  // namespace tocsin::ingest
