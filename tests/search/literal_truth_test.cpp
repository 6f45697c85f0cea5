// Why the prefilter is certain, on every example of every decoder: a run of letters and digits of a
// field's value stands in the line, unless a mark says that something may hide it, a decoder file
// fixes the value, or the program makes it.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "event/source.hpp"
#include "ingest/decode/decoder.hpp"
#include "search/parser.hpp"
#include "search/prefilter.hpp"
#include "tests/search/store_fixture.hpp"

namespace tocsin::search {
namespace {

TEST(LiteralTruth, EveryValueOfEveryExampleIsInItsLineOrMayBeHidden) {
  std::vector<base::SourceText> texts;
  ASSERT_TRUE(engine::read_texts({source_folder() + "/ingest/decoders"}, texts).empty());
  Reading reading;
  base::Errors errors;
  reading.decoders = ingest::DecoderSet::compile(texts, reading.fields, reading.logsources, errors);
  ASSERT_TRUE(reading.decoders);
  event::SourceTable sources;
  event::Source test;
  test.input = "test";
  const event::SourceId source = sources.intern(test);
  ingest::Decoder decoder(*reading.decoders, reading.fields, sources);
  event::Batch batch;
  for (const ingest::DecoderFile& file : reading.decoders->files()) {
    for (const ingest::DecoderPattern& pattern : file.patterns) {
      for (const ingest::DecoderExample& example : pattern.examples) {
        const std::string line =
            example.is_body ? "Nov 20 22:40:01 host " + example.program + "[1]: " + example.text
                            : example.text;
        batch.add_frame(line, source, base::ReceivedTime(0));
      }
    }
  }
  ASSERT_GT(batch.frames.size(), 500U);
  decoder.decode(batch);
  std::size_t certain = 0, values = 0;
  Line line;
  for (std::size_t i = 0; i < batch.frames.size(); ++i) {
    const event::Event& event = batch.events[i];
    for (const auto fields : {batch.own_fields(event), event::Batch::constant_fields(event)}) {
      for (const event::Field& field : fields) {
        if (field.kind == event::ValueKind::null || field.value().empty()) continue;
        ++values;
        // The query that finds just this value.
        Query query;
        query.filter.kind = Expression::Kind::field;
        query.filter.field = field_number(query, batch.name_of(field, reading.fields));
        query.filter.test.kind = ValueTest::Kind::text;
        query.filter.test.text = {{folded(field.value())}};
        find_literals(query.filter, query.fields, {&reading});
        if (query.filter.literal.empty()) continue;
        ++certain;
        line.set(batch.raw(i));
        EXPECT_NE(judge(query.filter, line), Truth::no)
            << query.fields[0].name << " = " << field.value() << "\n"
            << batch.raw(i);
        // Blocks are chosen by all of them.
        const std::string whole = folded(batch.raw(i));
        for (const std::string& run : runs_of(query.filter.test.text)) {
          EXPECT_TRUE(may_hide(whole) || whole.find(run) != std::string::npos)
              << run << " of " << query.fields[0].name << " = " << field.value() << "\n"
              << batch.raw(i);
        }
      }
    }
  }
  // Most values are of use to the prefilter, or it would be of none.
  EXPECT_GT(certain, values / 2);
}

}  // namespace
}  // namespace tocsin::search
