#include "ingest/evtx/binary_xml.hpp"

#include <array>
#include <string>
#include <utility>

#include "ingest/evtx/binary_value.hpp"
#include "ingest/evtx/byte_reader.hpp"

namespace tocsin::ingest {

namespace {

using Kind = BinaryXmlPart::Kind;

enum Token : std::uint8_t {
  end_of_stream = 0x00,
  open_element = 0x01,
  close_start = 0x02,
  close_empty = 0x03,
  end_element = 0x04,
  value_text = 0x05,
  attribute = 0x06,
  cdata = 0x07,
  character = 0x08,
  entity = 0x09,
  instruction_target = 0x0a,
  instruction_data = 0x0b,
  template_instance = 0x0c,
  substitution = 0x0d,
  optional_substitution = 0x0e,
  fragment_header = 0x0f,
};
constexpr std::uint8_t more_bit = 0x40;
constexpr std::size_t max_name = 256;  // characters
// GUID and the size of the data, behind the offset of the next definition
constexpr std::size_t definition_head = 4 + 16 + 4;

std::string_view meaning_of_entity(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> known = {
      {{"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}}};
  for (const auto& [entity_name, meaning] : known) {
    if (entity_name == name) return meaning;
  }
  return "\xEF\xBF\xBD";
}

}  // namespace

struct BinaryXmlReader::Walk {
  Where where = Where::record;
  std::size_t depth = 0;
  bool in_start = false;  // between an element's name and the end of its start tag
  bool ended = false;
};

void BinaryXmlReader::begin(std::string_view chunk) {
  chunk_ = chunk;
  text_.clear();
  names_.clear();
}

bool BinaryXmlReader::read(std::size_t at, std::size_t end, Where where,
                           std::vector<BinaryXmlPart>& out) {
  const std::size_t first = out.size();
  ByteReader in(chunk_, at, end);
  Walk walk{.where = where};
  while (!walk.ended && in.ok() && in.left() > 0) {
    if (out.size() - first >= max_xml_parts) return false;
    const std::uint8_t token = in.u8();
    if (!read_token(token, in, walk, out)) return false;
  }
  return in.ok() && walk.depth == 0 && !walk.in_start;
}

bool BinaryXmlReader::read_token(std::uint8_t token, ByteReader& in, Walk& walk,
                                 std::vector<BinaryXmlPart>& out) {
  BinaryXmlPart part;
  const auto give = [&](Kind kind) {
    part.kind = kind;
    out.push_back(part);
    return in.ok();
  };
  const bool more = (token & more_bit) != 0;
  switch (token & ~more_bit) {
    case end_of_stream:
      walk.ended = true;
      return true;
    case fragment_header:
      in.skip(3);
      return in.ok();
    case open_element:
      return read_element(more, in, walk, part) && give(Kind::element);
    case attribute:
      return walk.in_start && read_name(in, part.text) && give(Kind::attribute);
    case close_start:
      return std::exchange(walk.in_start, false) && give(Kind::content);
    case close_empty:
      if (!std::exchange(walk.in_start, false)) return false;
      --walk.depth;
      return give(Kind::content) && give(Kind::end);
    case end_element:
      if (walk.in_start || walk.depth == 0) return false;
      --walk.depth;
      return give(Kind::end);
    case value_text: {
      part.type = in.u8();
      const bool is_text = part.type == BinaryType::text;
      const std::size_t size = is_text ? std::size_t{2} * in.u16() : size_of_type(part.type);
      if (size == 0 && !is_text) return false;
      part.text = in.take(size);
      return walk.depth > 0 && give(Kind::value);
    }
    case cdata:
      part.type = BinaryType::text;
      part.text = in.take(std::size_t{2} * in.u16());
      return walk.depth > 0 && give(Kind::value);
    case character:
      part.type = BinaryType::text;
      part.text = in.take(2);
      return walk.depth > 0 && give(Kind::value);
    case entity:
      if (!read_name(in, part.text)) return false;
      part.text = meaning_of_entity(part.text);
      return walk.depth > 0 && give(Kind::entity);
    case instruction_target:
      return read_name(in, part.text);
    case instruction_data:
      in.skip(std::size_t{2} * in.u16());
      return in.ok();
    case template_instance:
      if (walk.where == Where::definition || !read_instance(in, part)) return false;
      // Its values stand behind it, so it is the last of its list.
      walk.ended = true;
      return give(Kind::instance);
    case substitution:
    case optional_substitution:
      part.index = in.u16();
      part.type = in.u8();
      return walk.depth > 0 &&
             give((token & ~more_bit) == substitution ? Kind::place : Kind::optional_place);
    default:
      return false;
  }
}

bool BinaryXmlReader::read_element(bool has_attributes, ByteReader& in, Walk& walk,
                                   BinaryXmlPart& part) {
  if (walk.in_start || ++walk.depth > max_xml_depth) return false;
  walk.in_start = true;
  if (walk.where != Where::value) in.skip(2);
  in.skip(4);
  if (!read_name(in, part.text)) return false;
  if (has_attributes) in.skip(4);
  return in.ok();
}

bool BinaryXmlReader::read_instance(ByteReader& in, BinaryXmlPart& part) {
  in.skip(1 + 4);
  part.definition = in.u32();
  if (part.definition == in.at()) {
    in.skip(definition_head - 4);
    in.skip(in.u32());
  }
  part.offset = static_cast<std::uint32_t>(in.at());
  return in.ok();
}

bool BinaryXmlReader::read_name(ByteReader& in, std::string_view& name) {
  const std::uint32_t offset = in.u32();
  if (!in.ok()) return false;
  const bool here = offset == in.at();
  ByteReader at_name(chunk_, offset, chunk_.size());
  at_name.skip(4 + 2);
  const std::size_t length = at_name.u16();
  const std::string_view text = at_name.take(2 * length);
  if (!at_name.ok() || length == 0 || length > max_name) return false;
  if (here) in.skip(4 + 2 + 2 + 2 * length + 2);
  auto [found, is_new] = names_.try_emplace(offset);
  if (is_new) {
    std::string utf8;
    append_utf8(text, utf8);
    found->second = text_.copy(utf8);
  }
  name = found->second;
  return in.ok();
}

}  // namespace tocsin::ingest
