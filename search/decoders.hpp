// What the frames of a store are decoded by: the decoders of their time, as the store keeps them.
// Path:      epochs of the store -> Reading
// Threads:   safe; a Reading is immutable
// Errors:    engine-5 decoders that do not compile any more, engine-6 a log without an epoch; the
//            store's
// Source:    DESIGN section 1: never today's files
// Tested by: tests/search/decoders_test.cpp
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "base/disk_cache.hpp"
#include "base/error.hpp"
#include "base/hash.hpp"
#include "event/field.hpp"
#include "event/logsource.hpp"
#include "ingest/decode/decoder.hpp"
#include "ingest/decode/decoder_set.hpp"
#include "search/query.hpp"
#include "store/store.hpp"

namespace tocsin::search {

// Compiled decoders, and the query's names in their table.
struct Reading {
  event::FieldTable fields;
  event::LogsourceTable logsources;
  std::shared_ptr<const ingest::DecoderSet> decoders;
  ingest::DecoderOptions options;
  std::vector<event::FieldId> ids;  // by FieldNumber
};

class Decoders {
 public:
  // Compiles when a frame is asked for, each set of decoders once. `store` and `query` must outlive
  // this. `cache` saves work; nothing else depends on it.
  [[nodiscard]] static base::Result<std::unique_ptr<Decoders>> of(
      const store::Store& store, const Query& query, std::shared_ptr<base::DiskCache> cache);

  [[nodiscard]] base::Result<const Reading*> at(event::Seq seq);
  // The first frame behind `seq` that is decoded by others; a place behind the log when there is
  // none.
  [[nodiscard]] event::Seq next_border(event::Seq seq) const;
  // All that frames in [from, to] are decoded by.
  [[nodiscard]] base::Result<std::vector<const Reading*>> between(event::Seq from, event::Seq to);

 private:
  Decoders(const store::Store& store, const Query& query, std::shared_ptr<base::DiskCache> cache)
      : store_(store), query_(query), cache_(std::move(cache)) {}

  struct Span {
    event::Seq from;
    base::Sha256 hash;
    store::Epoch epoch;  // one of those that decode alike
  };
  [[nodiscard]] const Span& span_at(event::Seq seq) const;
  base::Result<std::unique_ptr<const Reading>> compile(const store::Epoch& epoch);

  const store::Store& store_;
  const Query& query_;
  std::shared_ptr<base::DiskCache> cache_;
  std::vector<Span> spans_;  // ascending, neighbours differ; not empty
  std::mutex mutex_;
  std::map<base::Sha256, std::unique_ptr<const Reading>> readings_;  // guarded by mutex_
};

}  // namespace tocsin::search
