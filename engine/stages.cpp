#include "engine/stages.hpp"

#include <utility>

#include "engine/zones.hpp"

namespace tocsin::engine {

ingest::DecoderOptions decoder_options(const FoldOptions& options) {
  ingest::DecoderOptions decoder;
  decoder.syslog = options.syslog;
  decoder.read_zone = zone_reader(options.zones);
  return decoder;
}

Stages::Stages(std::shared_ptr<const Pipeline> pipeline, const event::SourceTable& sources,
               const FoldOptions& options, bool store, OnDecoded on_decoded)
    : pipeline_(std::move(pipeline)),
      decoder_(*pipeline_->decoders, pipeline_->fields, sources, decoder_options(options)),
      matcher_(pipeline_->rules, pipeline_->logsources, pipeline_->fields),
      on_decoded_(std::move(on_decoded)) {
  if (store) encoder_.emplace();
}

void Stages::process(Work& work) {
  if (encoder_) encoder_->encode(work.batch, work.block);
  if (!work.is_decoded) {
    decoder_.decode(work.batch);
    work.decoded = decoder_.counters().decoded;
  }
  matcher_.match(work.batch);
  if (on_decoded_) on_decoded_(work, decoder_.counters());
}

}  // namespace tocsin::engine
