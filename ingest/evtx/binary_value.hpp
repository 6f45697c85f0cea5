// A value of binary XML as JSON, in the words of evtx_dump.
// Path:      type and bytes (ingest/evtx/binary_xml) -> JSON (ingest/evtx/xml_tree)
// Threads:   pure functions
// Errors:    bytes that are none of their type become null, or "0x" and their digits
// Source:    MS-EVEN6 2.2.12 (binary XML), 2.4.2.4 of MS-DTYP (SID); libevtx "Value types"
// Tested by: tests/ingest/evtx/binary_value_test.cpp
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin::ingest {

struct BinaryType {
  enum : std::uint8_t {
    null = 0x00,
    text = 0x01,  // UTF-16, little-endian
    binary_xml = 0x21,
    array = 0x80,  // a bit: values of that type in a row; texts each with a NUL behind it
  };
};

// How many bytes a value of the type has where no size is written; 0: that is not fixed.
[[nodiscard]] std::size_t size_of_type(std::uint8_t type);

// Appends one JSON value. Texts lose the NULs at their end.
void append_json_value(std::uint8_t type, std::string_view bytes, std::string& out);

// UTF-16, little-endian, as UTF-8; a surrogate without its other half becomes U+FFFD, an odd byte
// at the end is left out.
void append_utf8(std::string_view utf16, std::string& out);

}  // namespace tocsin::ingest
