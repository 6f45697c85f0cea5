#include "engine/event_copy.hpp"

#include <gtest/gtest.h>

#include "engine/stages.hpp"
#include "tests/engine/engine_fixture.hpp"

namespace tocsin::engine {
namespace {

// All that an event says, names included.
std::string shown(const event::Batch& batch, std::size_t index, const event::FieldTable& names) {
  const event::Event& event = batch.events[index];
  std::string out = std::to_string(event.time.value) + (event.has_time ? " " : " no time ") +
                    event.decoder + " " + std::to_string(event.logsource.value) + " " +
                    std::to_string(event.anomalies.bits()) + " " +
                    std::to_string(batch.frames[index].source.value);
  for (const event::Field& field : batch.own_fields(event)) {
    out += "\n" + std::string(batch.name_of(field, names)) + "=" + std::string(field.value()) +
           "/" + std::to_string(static_cast<int>(field.kind));
  }
  for (const event::Field& field : event::Batch::constant_fields(event))
    out += "\n" + std::string(batch.name_of(field, names)) + ":" + std::string(field.value());
  return out;
}

TEST(EventCopyTest, AnEventSaysTheSameInAnotherBatch) {
  const engine::Setup& setup = default_setup();
  event::SourceTable sources;
  const event::SourceId one = sources.intern({.input = "one", .peer = {}});
  const event::SourceId two = sources.intern({.input = "two", .peer = {}});
  // Views into the text, values in the arena (an escape, a hex field), names that no pack knows.
  const std::vector<std::string> lines = {
      "Nov 20 22:40:01 web01 sshd[811]: Failed password for bob from 203.0.113.7 port 50022 ssh2",
      R"({"nobody knows": "a\nb", "another": 12, "empty": "", "nothing": null})",
      "no time, no decoder",
      "",
      R"({"another": true, "third unknown name": {"deep": [1, "x\ty"]}})",
      "type=PROCTITLE msg=audit(1795215121.007:13): proctitle=6C73002D78",
      "type=USER_CMD msg=audit(1795215121.007:14): pid=1 uid=0 strange_key=\"v\" "
      "msg='cwd=\"/\" cmd=6C73 terminal=pts/0 res=success'",
  };
  event::Batch odd, even;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    (i % 2 == 0 ? even : odd)
        .add_frame(lines[i], i % 2 == 0 ? two : one,
                   base::ReceivedTime(static_cast<std::int64_t>(i)));
  }
  ingest::Decoder decoder(*setup.pipeline->decoders, setup.pipeline->fields, sources, {});
  decoder.decode(odd);
  decoder.decode(even);

  EventCopy copy;
  event::Batch merged;
  for (int round = 0; round < 2; ++round) {
    merged.clear();
    copy.begin();
    merged.reserve_text(4096);
    const char* const text = merged.text();
    for (std::size_t i = 0; i < lines.size(); ++i) copy.add(i % 2 == 0 ? even : odd, i / 2, merged);
    EXPECT_EQ(merged.text(), text);
    ASSERT_EQ(merged.events.size(), lines.size());
    for (std::size_t i = 0; i < lines.size(); ++i) {
      EXPECT_EQ(merged.raw(i), lines[i]);
      EXPECT_EQ(shown(merged, i, setup.pipeline->fields),
                shown(i % 2 == 0 ? even : odd, i / 2, setup.pipeline->fields));
    }
  }
  // Nothing of it lies in the batches that it came from.
  std::vector<std::string> before;
  for (std::size_t i = 0; i < lines.size(); ++i)
    before.push_back(shown(merged, i, setup.pipeline->fields));
  for (event::Batch* batch : {&odd, &even}) {
    std::fill(batch->text(), batch->text() + batch->text_size(), '#');
    batch->clear();
  }
  for (std::size_t i = 0; i < lines.size(); ++i)
    EXPECT_EQ(shown(merged, i, setup.pipeline->fields), before[i]);
  EXPECT_GE(merged.local_names.size(), 4U);
}

}  // namespace
}  // namespace tocsin::engine
