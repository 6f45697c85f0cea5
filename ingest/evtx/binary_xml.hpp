// The tokens of binary XML as a flat list: elements, attributes, values, places for values.
// Path:      bytes of a chunk -> BinaryXmlPart (ingest/evtx/record)
// Units:     offsets in bytes from the begin of the chunk
// Threads:   one BinaryXmlReader per reader of a file
// Errors:    read() is false for a token that is not known, that is not where it may be, or that
//            goes beyond its end; what was read so far is then worth nothing
// Source:    MS-EVEN6 2.2.12; libevtx, "Windows XML Event Log (EVTX) format", "Binary XML"
// Tested by: tests/ingest/evtx/binary_xml_test.cpp, evtx_fuzz
//
//     0f 01 01 00                  fragment header
//     01|41 [dep:2] size:4 name    element; 41: with size:4 of its attributes behind it
//     06|46 name                   attribute; its value's tokens follow
//     02  03  04                   the start tag ends; it ends, empty; the element ends
//     05|45 type:1 value           text: length:2 in characters, UTF-16
//     07|47 length:2 text          CDATA       08|48 char:2  character     09|49 name  entity
//     0a name  0b length:2 text    processing instruction
//     0c 01 id:4 definition:4      instance of a template
//     0d|0e index:2 type:1         a value of the instance; 0e: not there when it is null
//     00                           the end
//
// A name is an offset:4; where that is the place behind it, the name itself follows:
// next:4 hash:2 length:2, UTF-16, 00 00.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/arena.hpp"

namespace tocsin::ingest {

class ByteReader;

struct BinaryXmlPart {
  enum class Kind : std::uint8_t {
    element,
    attribute,
    content,  // the start tag has ended
    end,      // of the element
    value,    // `type`, and its bytes in `text`
    entity,   // UTF-8 in `text`
    place,    // value `index` of the instance
    optional_place,
    instance,  // of a template: its values are described at `offset`
  };
  Kind kind = Kind::end;
  std::uint8_t type = 0;
  std::uint16_t index = 0;
  std::uint32_t offset = 0;      // of an instance's values
  std::uint32_t definition = 0;  // offset of its template
  std::string_view text;         // a name in UTF-8, or the bytes of a value
};

// Of a list, and of the elements open inside each other.
inline constexpr std::size_t max_xml_parts = 8192;
inline constexpr std::size_t max_xml_depth = 64;

class BinaryXmlReader {
 public:
  // `chunk` must stay as it is until the next begin().
  void begin(std::string_view chunk);

  enum class Where : std::uint8_t {
    record,
    definition,  // of a template: holds no instance of another
    value,       // of an instance: its elements have no dependency
  };
  // Appends the parts of chunk[at, end) to `out`. Views are valid until the next begin().
  [[nodiscard]] bool read(std::size_t at, std::size_t end, Where where,
                          std::vector<BinaryXmlPart>& out);

  // Names kept so far.
  [[nodiscard]] std::size_t names() const { return names_.size(); }

 private:
  struct Walk;
  bool read_token(std::uint8_t token, ByteReader& in, Walk& walk, std::vector<BinaryXmlPart>& out);
  bool read_element(bool has_attributes, ByteReader& in, Walk& walk, BinaryXmlPart& part);
  bool read_instance(ByteReader& in, BinaryXmlPart& part);
  bool read_name(ByteReader& in, std::string_view& name);

  std::string_view chunk_;
  base::Arena text_;
  std::unordered_map<std::uint32_t, std::string_view> names_;  // by offset
};

}  // namespace tocsin::ingest
