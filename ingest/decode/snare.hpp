// Decodes Snare's line for a Windows event: values between tabs, the rendered message the last.
// Path:      message body -> fields, time of one event (ingest/decode/decoder)
// Units:     bytes; event time in ns since 1970Z
// Threads:   one SnareBody per worker
// Errors:    none; a line with too few values is invalid, with decoder_mismatch; bad_time
// Source:    Snare for Windows, "Event format"; rsyslog's mmsnareparse reads the same
// Tested by: tests/ingest/decode/snare_test.cpp,
//            tests/ingest/decode/windows_data_test.cpp, xml_fuzz
//
//     MSWinEventLog, criticality, channel, counter, Fri Sep 17 16:38:13 2021, event id, provider,
//     user, kind of SID, Success Audit, computer, category, data, message, counter
//
// The message stands in for EventData: ingest/decode/rendered_text takes it apart.
// A tab is also read as "#011", which is how rsyslog writes one unless it is told not to.
#pragma once

#include <string_view>

#include "ingest/decode/body.hpp"
#include "ingest/decode/rendered_text.hpp"

namespace tocsin::ingest {

[[nodiscard]] bool looks_like_snare(std::string_view body);

// Values are views into the body, which must live as long as the batch. The time has no zone.
class SnareBody {
 public:
  BodyResult decode(std::string_view body, BodyContext& context);

 private:
  RenderedText rendered_;
};

}  // namespace tocsin::ingest
