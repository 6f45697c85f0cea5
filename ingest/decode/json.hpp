// Decodes a JSON object to fields: nested objects as dotted names, arrays as repeated fields.
// Path:      message body -> fields, time of one event (ingest/decode/decoder)
// Units:     bytes; event time in ns since 1970Z
// Threads:   one JsonBody per worker
// Errors:    none; json_invalid (with json_depth or json_limit where that is the reason) and no
//            field when any byte is wrong: every token is checked. Kept with a flag:
//            json_duplicate_key (all values stay), json_nul, json_depth (what lies deeper stays
//            one value, as written), json_limit (names cut or left out), bad_time
// Source:    RFC 8259; simdjson finds the tokens (its first stage), the grammar is checked here:
//            its On-Demand front end is lenient and its tree loses numbers as they were written
// Tested by: tests/ingest/decode/json_test.cpp, json_fuzz
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "ingest/decode/body.hpp"
#include "ingest/decode/body_names.hpp"

namespace tocsin::ingest {

struct JsonLimits {
  std::size_t depth = 32;            // containers inside each other that become dotted names
  std::size_t checked_depth = 1024;  // deeper than this is refused
  std::size_t size = 4U << 20U;      // bytes of one body
  std::size_t name = 512;            // bytes of a dotted name
  std::size_t names = 4096;          // keys of one event
};

// Values are views into the batch's text, or into its arena where they had escapes. Names of
// journald are given as the header's (MESSAGE is message, _PID is process.pid ...), all others
// are kept as written. `msg` or `log` also gives message when there is none.
class JsonBody {
 public:
  // `body_names`, if any, must outlive this; it says what fields are called.
  explicit JsonBody(const JsonLimits& limits = {}, const BodyNames* body_names = nullptr);
  ~JsonBody();
  JsonBody(JsonBody&&) noexcept;
  JsonBody& operator=(JsonBody&&) noexcept;

  // Sets event.time and has_time where one of the usual names holds a time. A body that lies in the
  // batch's text is read in place, any other is copied to its arena.
  BodyResult decode(std::string_view body, BodyContext& context);

  // Of the last body: its time was written without a zone, and event.time is as if in UTC.
  [[nodiscard]] bool time_is_local() const;

 private:
  class Walk;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tocsin::ingest
