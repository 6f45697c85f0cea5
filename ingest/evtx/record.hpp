// One record of a chunk as JSON: its binary XML, with the values put into their places.
// Path:      bytes of a chunk -> JSON on one line (ingest/evtx/chunk)
// Units:     offsets in bytes from the begin of the chunk
// Threads:   one
// Errors:    append_json() is false for what is broken or beyond the limits; `out` is as before
// Source:    MS-EVEN6 2.2.12.2.2 (template instance); libevtx, "Template instance"
// Tested by: tests/ingest/evtx/record_test.cpp, tests/ingest/evtx/evtx_data_test.cpp, evtx_fuzz
//
// An instance: values:4, then for each size:2 type:1 0:1, then their bytes, one behind the other.
// A template's definition: next:4 guid:16 size:4, then its binary XML.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ingest/evtx/binary_xml.hpp"
#include "ingest/evtx/xml_tree.hpp"

namespace tocsin::ingest {

class EvtxRecordReader {
 public:
  // `chunk` must stay as it is until the next begin(). Templates are kept for the whole chunk.
  void begin(std::string_view chunk);

  // The binary XML in chunk[at, end), behind what `out` holds.
  [[nodiscard]] bool append_json(std::size_t at, std::size_t end, std::string& out);

 private:
  struct Value {
    std::uint8_t type = 0;
    std::size_t at = 0;
    std::size_t size = 0;
  };
  struct List {
    std::size_t first = 0;
    std::size_t count = 0;
    bool sound = false;
  };

  bool write_fragment(std::size_t at, std::size_t end, BinaryXmlReader::Where where);
  bool write_instance(const BinaryXmlPart& instance, std::size_t end);
  bool write_part(const BinaryXmlPart& part, std::size_t end, const std::vector<Value>& values);
  bool write_value(const Value& value, bool optional);
  List definition(std::uint32_t offset);

  std::string_view chunk_;
  BinaryXmlReader xml_;
  XmlTree tree_;
  std::vector<BinaryXmlPart> definitions_;  // of all templates
  std::unordered_map<std::uint32_t, List> templates_;
  std::size_t depth_ = 0;  // of instances inside values of others
  std::size_t work_ = 0;   // parts written for the record at hand
};

}  // namespace tocsin::ingest
