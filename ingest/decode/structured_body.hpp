// Tells which structured form a body has, and hands it to the code that reads that form.
// Path:      message body -> fields of one event (ingest/decode/decoder)
// Threads:   one per worker
// Errors:    none; anomalies as the readers of the forms say
// Tested by: tests/ingest/decode/structured_body_test.cpp
#pragma once

#include <optional>
#include <string_view>

#include "ingest/decode/audit.hpp"
#include "ingest/decode/body.hpp"
#include "ingest/decode/cef.hpp"
#include "ingest/decode/decoder_file.hpp"
#include "ingest/decode/json.hpp"
#include "ingest/decode/key_value.hpp"
#include "ingest/decode/snare.hpp"
#include "ingest/decode/xml.hpp"

namespace tocsin::ingest {

// JSON, audit, CEF, XML or Snare by what the body begins with; nothing else is recognised here.
[[nodiscard]] std::optional<BodyKind> recognise_body(std::string_view body);

// Whether the body begins with a key and an equals sign. Asked only when no pattern fits.
[[nodiscard]] bool looks_like_pairs(std::string_view body);

class StructuredBodies {
 public:
  // `names` must outlive this.
  explicit StructuredBodies(const BodyNames& names) : json_({}, &names), xml_({}, &names) {}

  BodyResult decode(BodyKind kind, std::string_view body, BodyContext& context);
  // Of the last body of that kind: event.time was written without a zone, and is as if in UTC.
  [[nodiscard]] bool time_is_local(BodyKind kind) const;

 private:
  JsonBody json_;
  AuditBody audit_;
  CefBody cef_;
  KeyValueBody key_value_;
  XmlBody xml_;
  SnareBody snare_;
};

}  // namespace tocsin::ingest
