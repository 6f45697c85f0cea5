// The parallel half of the pipeline, as the executor calls it: decode, match, compress.
// Path:      Work with frames -> events, fields, detections, block
// Threads:   one Stages per worker thread
// Tested by: tests/engine/stages_test.cpp, tests/e2e/replay_test.py
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "engine/options.hpp"
#include "engine/pipeline.hpp"
#include "engine/work.hpp"
#include "event/source.hpp"
#include "ingest/decode/decoder.hpp"
#include "rules/matcher.hpp"
#include "store/block.hpp"

namespace tocsin::engine {

class Stages final : public Worker {
 public:
  // Called after each batch, on the worker's thread, with what the decoder counted in it.
  using OnDecoded = std::function<void(const Work&, const ingest::DecodeCounters&)>;

  // `store`: also encode the block of the event log.
  Stages(std::shared_ptr<const Pipeline> pipeline, const event::SourceTable& sources,
         const FoldOptions& options, bool store, OnDecoded on_decoded = {});

  void process(Work& work) override;

 private:
  // What belongs to one setup.
  struct Judges {
    Judges(std::shared_ptr<const Pipeline> pipeline, const event::SourceTable& sources,
           const FoldOptions& options);
    std::shared_ptr<const Pipeline> pipeline;
    ingest::Decoder decoder;
    rules::Matcher matcher;
  };

  const event::SourceTable& sources_;
  std::shared_ptr<const Setup> setup_;  // that a batch brought
  std::optional<Judges> judges_;
  std::optional<store::BlockEncoder> encoder_;
  OnDecoded on_decoded_;
};

// The decoder's options as the fold has them.
[[nodiscard]] ingest::DecoderOptions decoder_options(const FoldOptions& options);

}  // namespace tocsin::engine
