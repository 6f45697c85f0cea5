// Stores made of lines by the production replay, and short ways to search them.
// Threads:   one
// Tested by: the tests that use it
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "engine/packs.hpp"
#include "engine/replay.hpp"
#include "search/parser.hpp"
#include "search/searcher.hpp"
#include "store/store.hpp"
#include "tests/source_folder.hpp"
#include "tests/temporary_folder.hpp"

namespace tocsin::search {

// A few decoders of each kind: patterns, JSON, audit, key=value. Compiled in milliseconds.
inline const engine::Setup& small_setup() {
  static const engine::Setup setup = [] {
    engine::Setup made;
    const std::string decoders = source_folder() + "/ingest/decoders/";
    EXPECT_TRUE(engine::read_texts({decoders + "sshd.yaml", decoders + "audit.yaml",
                                    decoders + "web_access.yaml", decoders + "sudo.yaml"},
                                   made.packs.decoders)
                    .empty());
    auto built = engine::build_pipeline(made.packs);
    EXPECT_TRUE(built.errors.empty());
    made.pipeline = std::move(built.pipeline);
    return made;
  }();
  return setup;
}

class StoreTest : public testing::Test {
 protected:
  // Lines of a file into a store, in batches of about `batch` bytes.
  void replay(const std::string& lines, std::size_t batch = 256 * 1024,
              const engine::Setup& setup = small_setup(), const std::string& file = "log") {
    engine::ReplayOptions options;
    options.files.paths = {folder_.write(file, lines)};
    options.files.year = 2026;
    options.files.batch_bytes = batch;
    options.store = folder_ / "store";
    engine::ReplayListener listener;
    const base::ManualClock clock;
    const auto result = engine::replay(setup, options, listener, clock);
    ASSERT_TRUE(result) << base::to_string(result.error());
  }
  void open() {
    auto opened = store::Store::open_read_only(folder_ / "store");
    ASSERT_TRUE(opened) << base::to_string(opened.error());
    store_ = *std::move(opened);
  }

  struct Found {
    std::vector<Row> rows;
    SearchSummary summary;
    [[nodiscard]] std::vector<std::uint64_t> seqs() const {
      std::vector<std::uint64_t> out;
      for (const Row& row : rows) out.push_back(row.seq.value);
      return out;
    }
  };
  [[nodiscard]] Found find(const std::string& text, SearchOptions options = {}) {
    Found found;
    auto query = parse_query(text);
    EXPECT_TRUE(query) << text << ": " << base::to_string(query.error());
    if (!query) return found;
    // What is compiled for each query is the same each time.
    static const TemporaryFolder kept;
    static const auto cache = std::make_shared<base::DiskCache>(kept / "cache");
    options.cache = cache;
    const auto summary = search(*store_, *std::move(query), options, [&found](Row row) {
      found.rows.push_back(std::move(row));
      return true;
    });
    EXPECT_TRUE(summary) << text << ": " << base::to_string(summary.error());
    if (summary) found.summary = *summary;
    return found;
  }

  const TemporaryFolder folder_;
  std::unique_ptr<store::Store> store_;
};

inline std::string failed(const std::string& time, const std::string& user,
                          const std::string& port = "50022") {
  return "Nov 20 " + time + " web01 sshd[811]: Failed password for " + user +
         " from 203.0.113.7 port " + port + " ssh2\n";
}

}  // namespace tocsin::search
