// Decodes the XML of a Windows event to fields, under the names that evtx_dump's JSON would have.
// Path:      message body -> fields, time of one event (ingest/decode/decoder)
// Units:     bytes; event time in ns since 1970Z
// Threads:   one XmlBody per worker
// Errors:    none; xml_invalid and no field when the XML is not well formed or is cut (with
//            xml_limit when it is too deep or too long). Kept with a flag: xml_limit (names that
//            were cut, events behind the first), bad_time
// Source:    XML 1.0 without document types (there is none in an event, and they are how XML
//            attacks its readers); the schema of Windows events
// Tested by: tests/ingest/decode/xml_test.cpp, tests/ingest/decode/windows_data_test.cpp, xml_fuzz
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "ingest/decode/body.hpp"
#include "ingest/decode/body_names.hpp"

namespace tocsin::ingest {

struct XmlLimits {
  std::size_t depth = 32;        // elements inside each other
  std::size_t size = 4U << 20U;  // bytes of one body
  std::size_t name = 512;        // bytes of a field's name
};

// <Event>, or <Events> around one, with or without <?xml ...?> before it.
[[nodiscard]] bool looks_like_event_xml(std::string_view body);

// Values are views into the body, or into the batch's arena where they had entities. The body must
// live as long as the batch.
class XmlBody {
 public:
  // `body_names`, if any, must outlive this; it says what fields are called.
  explicit XmlBody(const XmlLimits& limits = {}, const BodyNames* body_names = nullptr);
  ~XmlBody();
  XmlBody(XmlBody&&) noexcept;
  XmlBody& operator=(XmlBody&&) noexcept;

  BodyResult decode(std::string_view body, BodyContext& context);

 private:
  class Walk;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tocsin::ingest
