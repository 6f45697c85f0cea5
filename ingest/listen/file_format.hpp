// Recognises what a file holds by its first bytes.
// Path:      first bytes -> how frames are cut and which decoders fit
// Threads:   pure functions
// Errors:    none; what is not recognised is lines
// Tested by: tests/ingest/listen/file_format_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tocsin::ingest {

enum class FileFormat : std::uint8_t {
  lines,         // syslog or any other text, a frame a line
  audit,         // records of the Linux audit daemon, a frame a line
  json_lines,    // one JSON object a line
  json_objects,  // JSON objects over several lines, concatenated, or in one array
  xml_events,    // XML of Windows events, in <Events> or one behind the other
  evtx,          // a Windows event log, a frame a record
};

// `head` is the begin of the file, the more of the first line the better.
[[nodiscard]] FileFormat recognise(std::string_view head);
// As event::Source::format spells it: "auto", "audit", "json".
[[nodiscard]] std::string_view source_format(FileFormat format);
// What the option `format` means for a file that begins with `head`: auto, syslog, json (lines or
// objects, whichever it is), json-lines, json-objects, audit, evtx, xml. Nothing for another word.
[[nodiscard]] std::optional<FileFormat> resolve_format(std::string_view word,
                                                       std::string_view head);

}  // namespace tocsin::ingest
