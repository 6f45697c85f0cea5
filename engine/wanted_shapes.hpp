// Which events the rules of a pipeline can be met by, as far as the kind of event tells: of all
// others no more than the time must be known.
// Path:      DecoderSet, RuleSet -> flags by ShapeId -> ingest::Decoder::want()
// Threads:   pure function
// Errors:    none
// Source:    docs/rules.md, "Try a rule on the past"
// Tested by: tests/engine/wanted_shapes_test.cpp, tests/engine/backtest_skipping_test.cpp
#pragma once

#include <vector>

#include "engine/pipeline.hpp"

namespace tocsin::engine {

// An event of a shape that is not marked meets no rule whatever its message says, and is no part of
// an audit event. The pipeline has its decoders, log sources and rules.
[[nodiscard]] std::vector<bool> find_wanted_shapes(const Pipeline& pipeline);

}  // namespace tocsin::engine
