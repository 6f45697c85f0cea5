// Takes apart the text that Windows renders of an event, for senders that leave EventData out.
// Path:      channel, event id, message -> fields under EventData's names (ingest/decode/snare)
// Threads:   immutable, safe
// Errors:    none; events that the table does not have, and labels that the text does not have,
//            give no field
// Source:    Windows' message templates in English; ingest/decode/rendered_table.inc
// Tested by: tests/ingest/decode/rendered_text_test.cpp,
//            tests/ingest/decode/windows_data_test.cpp, xml_fuzz
//
//     An account was logged off.    Subject:   Security ID:  S-1-5-18   Account Name:  -
//     Logon ID:  0x17539    Logon Type:   2    This event is generated when ...
//
// A value reaches to the next label, however many blanks there are between. The text says no more:
// where a name or a command line holds a label itself, so that it is read as one.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ingest/decode/body.hpp"

namespace tocsin::ingest {

class RenderedText {
 public:
  RenderedText();

  // Values are views into `message`, or static text. One pass over the message.
  void decode(std::string_view channel, std::int64_t id, std::string_view message,
              BodyContext& context) const;

  // One row of a template: without a field, a section's head or a value that has no name.
  struct Label {
    std::string_view text;
    std::string_view field;
  };

 private:
  struct Template {
    std::int64_t id = 0;
    std::string_view channel;  // or the end of its part before '/'
    std::string_view stop;     // from the last of it on, the text explains
    std::vector<Label> labels;
  };
  std::vector<Template> templates_;  // by id
};

}  // namespace tocsin::ingest
