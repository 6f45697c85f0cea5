// Decodes ArcSight's CEF and QRadar's LEEF: a header between bars, then pairs.
// Path:      message body -> fields, time of one event (ingest/decode/decoder)
// Units:     event time in ns since 1970Z
// Threads:   one CefBody per worker
// Errors:    none; cef_invalid without fields: no such header; with fields: text before the first
//            pair, or a delimiter that is none
// Source:    ArcSight CEF 25 "Implementing CEF"; IBM QRadar LEEF 2.0 guide
// Tested by: tests/ingest/decode/cef_test.cpp, cef_fuzz
//
//     CEF:0|vendor|product|version|class id|name|severity|key=value with blanks key=value ...
//     LEEF:1.0|vendor|product|version|event id|key=value <tab> key=value ...
//     LEEF:2.0|vendor|product|version|event id|delimiter|key=value <delimiter> ...
//
// In CEF a bar (header) or an equals sign (pairs) in a value stands behind a backslash. A value
// reaches to the blank before the next key: an equals sign behind what is no key is text.
#pragma once

#include <memory>
#include <string_view>

#include "ingest/decode/body.hpp"

namespace tocsin::ingest {

class CefBody {
 public:
  CefBody();
  ~CefBody();
  CefBody(CefBody&&) noexcept;
  CefBody& operator=(CefBody&&) noexcept;

  // Names that ECS has are given as ECS's (src is source.ip, suser and duser are user.name), all
  // others as written. Sets event.time and has_time from rt, devTime, end, start; message is msg,
  // or else the header's name.
  BodyResult decode(std::string_view body, BodyContext& context);

  // Of the last body: its time was written without a zone, and event.time is as if in UTC.
  [[nodiscard]] bool time_is_local() const;

 private:
  class Walk;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tocsin::ingest
