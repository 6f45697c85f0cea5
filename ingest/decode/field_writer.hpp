// Turns what a rule captured into fields of an event.
// Path:      Rule, Captures -> event::Batch fields
// Threads:   one (the worker that holds the batch)
// Errors:    none; limits as in ingest/decode/body
// Tested by: tests/ingest/decode/field_writer_test.cpp
#pragma once

#include <string_view>

#include "base/arena.hpp"
#include "ingest/decode/body.hpp"
#include "ingest/decode/compiled_field.hpp"
#include "ingest/decode/decoder_set.hpp"

namespace tocsin::ingest {

// All fields of the rule but its shape's constants. The captures are views into the batch's text.
void write_fields(const Rule& rule, const Captures& captures, BodyContext& context);

// `text` as a value of the slot's type; no field when it reads as none.
void write_as(const EmitSlot& slot, std::string_view text, BodyContext& context);

// `text` with \" \\ \n \t \r \xHH turned into what they stand for, in the arena; any other
// backslash stays.
[[nodiscard]] std::string_view without_escapes(std::string_view text, base::Arena& arena);

}  // namespace tocsin::ingest
