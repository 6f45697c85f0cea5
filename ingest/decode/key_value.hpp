// Decodes key=value pairs as firewalls, logfmt and iptables write them.
// Path:      message body -> fields, time of one event (ingest/decode/decoder)
// Units:     event time in ns since 1970Z
// Threads:   one KeyValueBody per worker
// Errors:    none; key_value_invalid without fields: fewer than two pairs; with fields: a quote
//            that is not closed (its value reaches to the end)
// Source:    logfmt as Go's loggers write it; FortiOS log reference; netfilter's xt_LOG
// Tested by: tests/ingest/decode/key_value_test.cpp, key_value_fuzz
//
//     [word ...] key=value key="quoted \" value" key= key='value' flag ...
//
// A pair ends at a blank; a comma or semicolon behind an unquoted value is not part of it. Words
// without '=' are no fields. Names are kept as written.
#pragma once

#include <memory>
#include <string_view>

#include "ingest/decode/body.hpp"

namespace tocsin::ingest {

class KeyValueBody {
 public:
  KeyValueBody();
  ~KeyValueBody();
  KeyValueBody(KeyValueBody&&) noexcept;
  KeyValueBody& operator=(KeyValueBody&&) noexcept;

  // Sets event.time and has_time from ts, time, timestamp, eventtime, or date and time (and tz);
  // `msg` also gives message where there is none.
  BodyResult decode(std::string_view body, BodyContext& context);

  // Of the last body: its time was written without a zone, and event.time is as if in UTC.
  [[nodiscard]] bool time_is_local() const;

 private:
  class Walk;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tocsin::ingest
