#include "engine/epochs.hpp"

#include <gtest/gtest.h>

#include "tests/engine/engine_fixture.hpp"

namespace tocsin::engine {
namespace {

class EpochsTest : public EngineTest {
 protected:
  EpochsTest() {
    run(options_for({write("auth.log", failures("bob", 40, 5))}, path("store")));
    store_ = open(path("store"));
    auto epochs = store_->epochs();
    EXPECT_TRUE(epochs);
    EXPECT_EQ(epochs->size(), 1U);
    epoch_ = epochs->front();
  }
  // The epoch of another setup, as the store gives it back.
  store::Epoch kept(const engine::Setup& setup) {
    store::Commit commit;
    commit.epoch = epoch_record(setup, event::Seq(6));
    EXPECT_TRUE(store_->commit(commit));
    const auto epochs = store_->epochs();
    EXPECT_TRUE(epochs);
    EXPECT_EQ(epochs->size(), 2U);
    EXPECT_TRUE(same_epoch(epochs->back(), setup));
    return epochs->back();
  }
  std::unique_ptr<store::Store> store_;
  store::Epoch epoch_;
};

TEST_F(EpochsTest, TextsAndOptionsMakeTheEpochNotPaths) {
  EXPECT_EQ(epoch_.from, event::Seq(1));
  EXPECT_TRUE(same_epoch(epoch_, default_setup()));
  engine::Setup moved = default_setup();
  for (base::SourceText& text : moved.packs.rules) text.name = "elsewhere/" + text.name;
  EXPECT_TRUE(same_epoch(epoch_, moved));
  engine::Setup changed = default_setup();
  changed.packs.rules.front().text += "\n# changed\n";
  EXPECT_FALSE(same_epoch(epoch_, changed));
  engine::Setup fewer = default_setup();
  fewer.packs.decoders.pop_back();
  EXPECT_FALSE(same_epoch(epoch_, fewer));
  engine::Setup other = default_setup();
  other.fold.lockout.duration = std::chrono::minutes(7);
  EXPECT_FALSE(same_epoch(epoch_, other));
  engine::Setup elsewhere = default_setup();
  elsewhere.fold.zones = {{"Test/Town", "rules"}};
  EXPECT_FALSE(same_epoch(epoch_, elsewhere));
}

TEST_F(EpochsTest, ValueListsArePartOfTheEpoch) {
  engine::Setup setup = default_setup();
  const std::string rule =
      "title: T\nlogsource: {product: linux}\n"
      "detection: {a: {user.name|expand: '%Admins%'}, condition: a}\n";
  setup.packs.rules.push_back({"expand.yml", rule});
  setup.packs.lists = {{"lists.yml", "lists: {Admins: [root]}\n"}};
  const store::Epoch epoch = kept(setup);
  engine::Setup changed = setup;
  changed.packs.lists[0].text = "lists: {Admins: [toor]}\n";
  EXPECT_FALSE(same_epoch(epoch, changed));
  const auto loaded = load_epoch(*store_, epoch);
  ASSERT_TRUE(loaded) << base::to_string(loaded.error());
  EXPECT_EQ(loaded->pipeline->rules->size(), default_setup().pipeline->rules->size() + 1);
}

TEST_F(EpochsTest, MappingsAreKeptAndMakeTheEpoch) {
  engine::Setup setup = default_setup();
  setup.packs.mappings = {{"m.yaml", "name: m\n"}};
  EXPECT_FALSE(same_epoch(epoch_, setup));
  const store::Epoch epoch = kept(setup);
  const auto loaded = load_epoch(*store_, epoch);
  ASSERT_TRUE(loaded) << base::to_string(loaded.error());
  EXPECT_TRUE(loaded->packs == setup.packs);
  setup.packs.mappings[0].text += "entity: []\n";
  EXPECT_FALSE(same_epoch(epoch, setup));
  EXPECT_NE(content_hash(setup.packs, ""), content_hash(loaded->packs, ""));
}

TEST_F(EpochsTest, ZonesAreKeptByNameAndContent) {
  engine::Setup setup = default_setup();
  setup.fold.zones = {{"Test/Town", "rules"}};
  const store::Epoch epoch = kept(setup);
  const auto loaded = load_epoch(*store_, epoch);
  ASSERT_TRUE(loaded) << base::to_string(loaded.error());
  ASSERT_EQ(loaded->fold.zones.size(), 1U);
  EXPECT_EQ(loaded->fold.zones[0].name, "Test/Town");
  EXPECT_EQ(loaded->fold.zones[0].text, "rules");
  setup.fold.zones[0].name = "Test/City";
  EXPECT_FALSE(same_epoch(epoch, setup)) << "a zone is asked for by its name";
}

TEST_F(EpochsTest, AStoredEpochIsBuiltFromTheStoreAlone) {
  const auto setup = load_epoch(*store_, epoch_);
  ASSERT_TRUE(setup) << base::to_string(setup.error());
  EXPECT_EQ(setup->packs, default_setup().packs);
  EXPECT_EQ(fold_text(setup->fold), fold_text(default_setup().fold));
  ASSERT_TRUE(setup->pipeline);
  EXPECT_EQ(setup->pipeline->rules->size(), default_setup().pipeline->rules->size());
}

TEST_F(EpochsTest, AnotherEngineVersionIsNotComparable) {
  epoch_.engine = "0";
  EXPECT_FALSE(same_epoch(epoch_, default_setup()));
  const auto setup = load_epoch(*store_, epoch_);
  ASSERT_FALSE(setup);
  EXPECT_EQ(setup.error().code, "engine-5");
}

}  // namespace
}  // namespace tocsin::engine
