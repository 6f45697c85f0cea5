#include "search/decoders.hpp"

#include <gtest/gtest.h>

#include "search/parser.hpp"
#include "tests/search/store_fixture.hpp"

namespace tocsin::search {
namespace {

using SearchDecodersTest = StoreTest;

TEST_F(SearchDecodersTest, EachFrameIsReadByTheDecodersOfItsTime) {
  replay(failed("22:00:00", "ann"));
  // A later time without the decoder of sshd.
  engine::Setup other = small_setup();
  std::erase_if(other.packs.decoders,
                [](const base::SourceText& text) { return text.name.ends_with("sshd.yaml"); });
  other.pipeline = engine::build_pipeline(other.packs).pipeline;
  replay(failed("22:01:00", "ann"), 512, other, "log2");
  open();
  EXPECT_EQ(find("user.name: ann").seqs(), std::vector<std::uint64_t>({1}));
  const auto query = parse_query("user.name: ann");
  const auto decoders = Decoders::of(*store_, *query, nullptr);
  ASSERT_TRUE(decoders);
  EXPECT_EQ((*decoders)->next_border(event::Seq(1)), event::Seq(2));
  const auto both = (*decoders)->between(event::Seq(1), event::Seq(2));
  ASSERT_TRUE(both);
  EXPECT_EQ(both->size(), 2U);
  EXPECT_EQ(*(*decoders)->at(event::Seq(1)), (*both)[0]);
}

}  // namespace
}  // namespace tocsin::search
