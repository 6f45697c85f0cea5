// Decoders and rules of one epoch, compiled together: what every worker and the ordered stage
// share.
// Path:      PackTexts -> Pipeline
// Threads:   immutable once built, safe
// Errors:    those of decoders (ingest-N), rules (rules-N), YAML (base-N), all at once
// Tested by: tests/engine/pipeline_test.cpp, tests/e2e/replay_test.py
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/disk_cache.hpp"
#include "base/error.hpp"
#include "correlate/spec.hpp"
#include "engine/packs.hpp"
#include "event/field.hpp"
#include "event/logsource.hpp"
#include "ingest/decode/decoder_set.hpp"
#include "rules/rule_set.hpp"

namespace tocsin::engine {

struct Pipeline {
  event::FieldTable fields;
  event::LogsourceTable logsources;
  event::LogsourceId lockout;  // of account-lockout records
  std::shared_ptr<const ingest::DecoderSet> decoders;
  std::shared_ptr<const rules::RuleSet> rules;
  std::vector<correlate::CorrelationSpec> specs;  // what the rules ask of the correlator
  // By ShapeId: events of other shapes need their time only, since no rule can be met by one
  // (engine/wanted_shapes.hpp). Empty: all are decoded.
  std::vector<bool> wanted_shapes;
};

struct BuiltPipeline {
  std::shared_ptr<const Pipeline> pipeline;  // nullptr when a decoder has an error
  base::Errors errors;                       // a rule with an error is left out, the others work
  base::Errors warnings;
};

// By RuleIndex: which of the rules are to act; with each correlation, what it refers to.
using RuleChoice = std::function<std::vector<bool>(const rules::RuleSet&)>;

// `cache` saves work; nothing else depends on it. Without a choice all rules act. `skips`: what no
// rule can meet is not decoded; alerts are the same.
[[nodiscard]] BuiltPipeline build_pipeline(const PackTexts& packs,
                                           const std::shared_ptr<base::DiskCache>& cache = nullptr,
                                           const RuleChoice& choose = {}, bool skips = false);

}  // namespace tocsin::engine
