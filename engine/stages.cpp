#include "engine/stages.hpp"

#include <utility>

#include "engine/epochs.hpp"
#include "engine/zones.hpp"

namespace tocsin::engine {

ingest::DecoderOptions decoder_options(const FoldOptions& options) {
  ingest::DecoderOptions decoder;
  decoder.syslog = options.syslog;
  decoder.read_zone = zone_reader(options.zones);
  return decoder;
}

Stages::Judges::Judges(std::shared_ptr<const Pipeline> of, const event::SourceTable& sources,
                       const FoldOptions& options)
    : pipeline(std::move(of)),
      decoder(*pipeline->decoders, pipeline->fields, sources, decoder_options(options)),
      matcher(pipeline->rules, pipeline->logsources, pipeline->fields) {
  if (!pipeline->wanted_shapes.empty()) decoder.want(pipeline->wanted_shapes);
}

Stages::Stages(std::shared_ptr<const Pipeline> pipeline, const event::SourceTable& sources,
               const FoldOptions& options, bool store, OnDecoded on_decoded)
    : sources_(sources), on_decoded_(std::move(on_decoded)) {
  judges_.emplace(std::move(pipeline), sources, options);
  if (store) encoder_.emplace();
}

void Stages::process(Work& work) {
  if (work.setup && work.setup != setup_) [[unlikely]] {
    if (work.setup->pipeline != judges_->pipeline || setup_)
      judges_.emplace(work.setup->pipeline, sources_, work.setup->fold);
    setup_ = work.setup;
  }
  if (encoder_) encoder_->encode(work.batch, work.block, 0, {}, &work.filter);
  if (!work.is_decoded) {
    judges_->decoder.decode(work.batch);
    work.decoded = judges_->decoder.counters().decoded;
    work.skipped = judges_->decoder.counters().skipped;
  }
  judges_->matcher.match(work.batch);
  if (on_decoded_) on_decoded_(work, judges_->decoder.counters());
}

}  // namespace tocsin::engine
