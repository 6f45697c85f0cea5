#include "engine/pipeline.hpp"

#include <iterator>
#include <utility>

#include "correlate/plan.hpp"
#include "engine/wanted_shapes.hpp"
#include "respond/lockout.hpp"

namespace tocsin::engine {

BuiltPipeline build_pipeline(const PackTexts& packs, const std::shared_ptr<base::DiskCache>& cache,
                             const RuleChoice& choose, bool skips) {
  BuiltPipeline built;
  auto pipeline = std::make_shared<Pipeline>();
  base::ScanCompiler scans(cache);
  pipeline->decoders = ingest::DecoderSet::compile(
      packs.decoders, pipeline->fields, pipeline->logsources, built.errors, &scans, cache);
  pipeline->lockout = pipeline->logsources.intern({respond::lockout_logsource()});
  std::vector<event::FieldId> fixed;
  if (pipeline->decoders) fixed = pipeline->decoders->fixed_fields();
  rules::RuleSet::Loaded loaded = rules::RuleSet::load(packs.rules, pipeline->fields, fixed,
                                                       packs.lists, cache, packs.mappings);
  pipeline->rules = std::move(loaded.rules);
  if (choose) pipeline->rules = pipeline->rules->only(choose(*pipeline->rules));
  pipeline->rules->prepare(pipeline->logsources);
  std::move(loaded.errors.begin(), loaded.errors.end(), std::back_inserter(built.errors));
  built.warnings = std::move(loaded.warnings);
  if (auto specs = correlate::plan(*pipeline->rules)) {
    pipeline->specs = *std::move(specs);
  } else {
    built.errors.push_back(std::move(specs).error());
  }
  if (skips && pipeline->decoders) pipeline->wanted_shapes = find_wanted_shapes(*pipeline);
  if (pipeline->decoders) built.pipeline = std::move(pipeline);
  return built;
}

}  // namespace tocsin::engine
