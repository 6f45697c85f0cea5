// A decoder as people write it: one YAML file, read and checked, not yet compiled.
// Path:      base::SourceText -> DecoderFile -> ingest/decode/decoder_set
// Threads:   values
// Errors:    all of a file at once, each with file:line:column: ingest-10 shape, ingest-11 unknown
//            key, ingest-12 missing key, ingest-13 bad value, ingest-20 pattern, and base's own
// Source:    docs/decoders.md
// Tested by: tests/ingest/decode/decoder_file_test.cpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/yaml.hpp"
#include "event/field.hpp"
#include "event/logsource.hpp"
#include "ingest/decode/body_names.hpp"
#include "ingest/decode/joined_field.hpp"
#include "ingest/decode/pattern.hpp"

namespace tocsin::ingest {

// A field with the same value in every event of a pattern.
struct ConstantField {
  std::string name;
  std::string value;
  event::ValueKind kind = event::ValueKind::text;
  bool removed = false;  // written as ~ : not set although the decoder sets it
};
using ConstantFields = std::vector<ConstantField>;

// `values:` what a captured value means.
struct ValueMap {
  std::string of;                                             // name of the capture
  std::vector<std::pair<std::string, ConstantFields>> cases;  // exact, or with a trailing *
  ConstantFields otherwise;
  base::Origin origin;
};

// `keys:` which keys of a key=value tail become which fields.
struct KeyMapping {
  std::string key;
  CaptureTarget target;
};

// `when:` a field of a structured body, or an alias of `names:`, and the values that it may have.
struct BodyWhen {
  std::string name;
  std::vector<std::string> values;  // exact, or with stars at the ends
};

struct DecoderExample {
  std::string text;
  bool is_body = false;  // `body:` of a message of `program`; else `line:` as in a log
  std::string program;
  std::vector<std::pair<std::string, std::string>> fields;  // expected
  std::vector<std::string> absent;                          // not expected
  std::string time;                                         // RFC 3339, expected when given
  base::Origin origin;
};

struct DecoderPattern {
  std::string name;
  std::vector<Pattern> matches;  // any of them
  std::vector<BodyWhen> when;    // or this: all of them, for structured bodies
  std::string regex;             // or this, behind `literal`
  std::string literal;
  std::vector<CaptureTarget> groups;  // of the regex, in order
  ConstantFields fields;              // the decoder's and its own
  std::vector<event::Logsource> logsource;
  std::vector<ValueMap> values;
  std::vector<KeyMapping> keys;
  std::vector<Join> joins;  // with `when` only
  std::vector<DecoderExample> examples;
  base::Origin origin;
};

enum class BodyKind : std::uint8_t { pattern, json, audit, cef, key_value, xml, snare };
inline constexpr std::size_t body_kind_count = 7;

struct DecoderFile {
  std::string name;
  std::string description;
  std::vector<std::string> programs;  // exact, with a trailing *, or "*": every program
  std::vector<int> facilities;
  std::vector<BodyKind> bodies;  // structured bodies that this file names and sorts
  std::vector<std::pair<std::string, std::vector<std::string>>> names;  // aliases of their fields
  std::vector<Unwrapping> unwrap;  // prefixes that names of JSON and XML fields lose
  // New names of such fields, and the old ones of each.
  std::vector<std::pair<std::string, std::vector<std::string>>> rename;
  bool bare = false;    // lines without a syslog header
  std::string literal;  // of them only those that hold this text
  bool complete = false;
  std::vector<event::Logsource> logsource;
  ConstantFields fields;
  std::vector<DecoderPattern> patterns;
  base::Origin origin;
};

// The file, or nothing when `errors` got more.
[[nodiscard]] std::optional<DecoderFile> read_decoder(const base::SourceText& source,
                                                      base::Errors& errors);
// The same of what parse_yaml gave for the source.
[[nodiscard]] std::optional<DecoderFile> read_decoder(
    const base::SourceText& source, base::Result<std::vector<base::YamlNode>> documents,
    base::Errors& errors);

// "auth" is 4; nothing for a word that is no facility.
[[nodiscard]] std::optional<int> facility_code(std::string_view name);

}  // namespace tocsin::ingest
