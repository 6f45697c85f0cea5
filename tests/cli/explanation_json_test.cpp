#include "cli/explanation_json.hpp"

#include "tests/cli/explanation_fixture.hpp"

namespace tocsin::cli {
namespace {

class ExplanationJsonTest : public ExplanationTest {};

TEST_F(ExplanationJsonTest, HasTheSameInMembers) {
  event(2, 50, "first", "bob");
  event(3, 60, "second", "eve");
  event(4, 61, "second", "", "evil\x1b[31m");
  measure();
  EXPECT_EQ(
      explanation_json(said_, *pipeline_, asked_),
      R"({"rule":"cccccccc-1111-4111-8111-111111111111","title":"Both","type":"temporal_ordered",)"
      R"("rules_of":{"in_force":true,"epoch":0,"from_seq":1,"why":""},"group":{"user.name":"bob"},)"
      R"("at":"1970-01-01T00:01:40.000000000Z","after":"1970-01-01T00:00:40.000000000Z",)"
      R"("timespan_seconds":60,"condition":"at least 2",)"
      R"("read":{"first_seq":1,"last_seq":9,"whole":false},"counted":1,"events":[{"seq":2,"k":0,)"
      R"("time":"1970-01-01T00:00:50.000000000Z","rules":["aaaaaaaa-1111-4111-8111-111111111111"],)"
      R"("weight":1,"values":[],"raw":"a line"}],"rules":[)"
      R"({"rule":"aaaaaaaa-1111-4111-8111-111111111111","title":"First","correlation":false,"until":false,)"
      R"("events":1,"first":"1970-01-01T00:00:50.000000000Z",)"
      R"("last":"1970-01-01T00:00:50.000000000Z"},)"
      R"({"rule":"bbbbbbbb-1111-4111-8111-111111111111","title":"Second","correlation":false,"until":false,)"
      R"("events":0}],"not_counted":{"too_late":{"events":0,"first":[]},"missing_group":{"events":1,)"
      R"("first":[{"seq":4,"k":0,"time":"1970-01-01T00:01:01.000000000Z",)"
      R"("rule":"bbbbbbbb-1111-4111-8111-111111111111","field":"user.name","raw":"evil\u001b[31m"}]},)"
      R"("missing_value":{"events":0,"first":[]},"same_event":0,"emptied":null,"other_groups":{"detections":1,)"
      R"("groups":1,"more":false,"largest":[{"group":{"user.name":"eve"},"detections":1}]},)"
      R"("before":{"detections":0},"after":{"detections":0}},"verdict":{"state":"not_fired",)"
      R"("held":1,"holds":false,"missing":1,"watermark":"1970-01-01T00:00:00.000000000Z",)"
      R"("alerts_stored":false,"alert":null,"next":null}})");
}

TEST_F(ExplanationJsonTest, AnAlertHasItsMembers) {
  measure();
  said_.next.emplace();
  said_.next->fired_by = event::Seq(7);
  const std::string json = explanation_json(said_, *pipeline_, asked_);
  EXPECT_NE(
      json.find(R"("alert":null,"next":{"id":"00000000000000000000000000000000","fired_by":7,)"
                R"("fired_at":"1970-01-01T00:00:00.000000000Z",)"),
      std::string::npos)
      << json;
}

}  // namespace
}  // namespace tocsin::cli
