// Runs the examples that stand in decoder files: they are the decoders' tests.
// Path:      DecoderSet -> Errors, one for each expectation that is not met
// Threads:   pure function
// Errors:    ingest-40, with the place of the example
// Tested by: tests/ingest/decode/examples_test.cpp
#pragma once

#include <cstddef>

#include "base/error.hpp"
#include "event/field.hpp"
#include "ingest/decode/decoder_set.hpp"

namespace tocsin::ingest {

struct ExampleResult {
  std::size_t examples = 0;
  base::Errors errors;
};

// Each example is decoded by the whole set, as a line of a file in zone UTC; a time without a year
// is of 2026. A `body:` stands behind a header that names its program.
[[nodiscard]] ExampleResult run_examples(const DecoderSet& set, const event::FieldTable& names);

}  // namespace tocsin::ingest
