#include "engine/scrubber.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "metrics/rows.hpp"
#include "tests/engine/engine_fixture.hpp"

namespace tocsin::engine {
namespace {

namespace row = metrics::row;

class ScrubberTest : public EngineTest {
 protected:
  void SetUp() override {
    run(options_for({write("log", failures("bob", 0, 200))}, path("store")));
    port_.exchange(open(path("store")));
  }
  void TearDown() override {
    const auto store = port_.exchange(nullptr);
    if (store) static_cast<void>(store->close());
  }
  Scrubber scrubber(std::uint64_t rate = 1U << 20U) {
    return {port_,
            rate,
            registry_,
            clock_,
            [this](base::Nanoseconds time) {
              waited_ += time;
              return waited_ > patience_;
            },
            [this](const std::string& line) { said_.push_back(line); }};
  }
  [[nodiscard]] std::vector<store::Database::SortedFile> files() const {
    std::vector<store::Database::SortedFile> out;
    port_.with([&out](const store::Store& store) { out = store.sorted_files(); });
    return out;
  }
  static void flip(const std::string& file) {
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    const auto middle = static_cast<std::streamoff>(std::filesystem::file_size(file)) / 2;
    bytes.seekg(middle);
    const int byte = bytes.get();
    bytes.seekp(middle);
    bytes.put(static_cast<char>(byte ^ 1));
  }
  [[nodiscard]] double gauge(const metrics::Row& of) { return registry_.gauge(of).value(); }

  StorePort port_;
  metrics::Registry registry_{metrics::all_rows};
  base::ManualClock clock_;
  base::Nanoseconds waited_{0};
  base::Nanoseconds patience_ = std::chrono::hours(24);
  std::vector<std::string> said_;
};

TEST_F(ScrubberTest, AnUndamagedStoreIsReadWholeAndNothingIsSaid) {
  ASSERT_FALSE(files().empty());
  std::uint64_t size = 0;
  for (const auto& file : files()) size += std::filesystem::file_size(file.path);
  Scrubber once = scrubber();
  EXPECT_TRUE(once.pass());
  EXPECT_TRUE(said_.empty());
  EXPECT_EQ(registry_.counter(row::scrub_bytes).value(), size);
  EXPECT_EQ(gauge(row::scrub_damaged), 0);
  EXPECT_TRUE(once.pass());
  EXPECT_EQ(registry_.counter(row::scrub_bytes).value(), 2 * size);
}

TEST_F(ScrubberTest, AFlippedBitIsNamedInEachPassUntilItIsMended) {
  const std::string file = files().front().path;
  Scrubber scrub = scrubber();
  flip(file);
  EXPECT_TRUE(scrub.pass());
  ASSERT_EQ(said_.size(), 1U);
  EXPECT_TRUE(said_[0].starts_with(file + ": the file is not as it was written")) << said_[0];
  EXPECT_EQ(gauge(row::scrub_damaged), 1);
  EXPECT_TRUE(scrub.pass());
  EXPECT_EQ(said_.size(), 2U);
  flip(file);
  EXPECT_TRUE(scrub.pass());
  EXPECT_EQ(said_.size(), 2U);
  EXPECT_EQ(gauge(row::scrub_damaged), 0);
}

TEST_F(ScrubberTest, AFileThatIsGoneWasMerged) {
  const std::string file = files().front().path;
  std::filesystem::rename(file, file + ".away");
  EXPECT_TRUE(scrubber().pass());
  EXPECT_TRUE(said_.empty());
  std::filesystem::rename(file + ".away", file);
}

TEST_F(ScrubberTest, TheRateIsHeldAndAStopIsSoon) {
  std::uint64_t size = 0;
  for (const auto& file : files()) size += std::filesystem::file_size(file.path);
  EXPECT_TRUE(scrubber(1000).pass());
  EXPECT_GE(waited_, base::Nanoseconds(static_cast<std::int64_t>(size) * 1'000'000));
  patience_ = base::Nanoseconds(0);
  EXPECT_FALSE(scrubber().pass());
}

TEST_F(ScrubberTest, WithoutAStoreThereIsNothingToRead) {
  TearDown();
  EXPECT_TRUE(scrubber().pass());
  EXPECT_EQ(registry_.counter(row::scrub_bytes).value(), 0U);
}

}  // namespace
}  // namespace tocsin::engine
