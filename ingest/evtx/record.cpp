#include "ingest/evtx/record.hpp"

#include <algorithm>

#include "ingest/evtx/binary_value.hpp"
#include "ingest/evtx/byte_reader.hpp"

namespace tocsin::ingest {

namespace {

constexpr std::size_t max_depth = 8;  // of instances
constexpr std::size_t max_work = 2 * max_xml_parts;
constexpr std::size_t max_values = 4096;
// What a chunk's templates and names may hold before they are forgotten and read again.
constexpr std::size_t max_kept_parts = 64 * 1024;
constexpr std::size_t max_kept_names = 4096;
// A record's JSON may have this many bytes, and so many for each byte of the record: an honest one
// is far below, and a small one that names a large value many times is not written out.
constexpr std::size_t least_limit = 16 * 1024;
constexpr std::size_t limit_factor = 8;
constexpr std::size_t greatest_limit = 256 * 1024;

}  // namespace

void EvtxRecordReader::begin(std::string_view chunk) {
  chunk_ = chunk;
  xml_.begin(chunk);
  definitions_.clear();
  templates_.clear();
}

bool EvtxRecordReader::append_json(std::size_t at, std::size_t end, std::string& out) {
  if (definitions_.size() > max_kept_parts || xml_.names() > max_kept_names) begin(chunk_);
  depth_ = work_ = 0;
  const std::size_t before = out.size();
  tree_.begin(std::min(greatest_limit, least_limit + limit_factor * (end - std::min(at, end))));
  if (write_fragment(at, end, BinaryXmlReader::Where::record) && tree_.append_json(out))
    return true;
  out.resize(before);
  return false;
}

bool EvtxRecordReader::write_fragment(std::size_t at, std::size_t end,
                                      BinaryXmlReader::Where where) {
  std::vector<BinaryXmlPart> parts;
  if (work_ > max_work || !xml_.read(at, end, where, parts)) return false;
  for (const BinaryXmlPart& part : parts) {
    if (!write_part(part, end, {})) return false;
  }
  return true;
}

bool EvtxRecordReader::write_part(const BinaryXmlPart& part, std::size_t end,
                                  const std::vector<Value>& values) {
  using Kind = BinaryXmlPart::Kind;
  if (++work_ > max_work) return false;
  switch (part.kind) {
    case Kind::element:
      return tree_.open(part.text);
    case Kind::attribute:
      return tree_.attribute(part.text);
    case Kind::content:
      tree_.content();
      return true;
    case Kind::end:
      return tree_.close();
    case Kind::value:
      return tree_.value(part.type, part.text);
    case Kind::entity:
      return tree_.text(part.text);
    case Kind::place:
    case Kind::optional_place:
      return part.index < values.size() &&
             write_value(values[part.index], part.kind == Kind::optional_place);
    case Kind::instance:
      return write_instance(part, end);
  }
  return false;
}

bool EvtxRecordReader::write_value(const Value& value, bool optional) {
  if (value.type == BinaryType::null || (optional && value.size == 0)) return true;
  if (value.type != BinaryType::binary_xml) {
    return tree_.value(value.type, chunk_.substr(value.at, value.size));
  }
  if (value.size == 0) return true;
  if (tree_.in_attribute() || depth_ >= max_depth) return false;
  ++depth_;
  const bool sound = write_fragment(value.at, value.at + value.size, BinaryXmlReader::Where::value);
  --depth_;
  return sound;
}

bool EvtxRecordReader::write_instance(const BinaryXmlPart& instance, std::size_t end) {
  ByteReader in(chunk_, instance.offset, end);
  const std::size_t count = in.u32();
  if (work_ > max_work || !in.ok() || count > max_values || count * 4 > in.left()) return false;
  std::vector<Value> values(count);
  std::size_t at = in.at() + count * 4;
  for (Value& value : values) {
    value.size = in.u16();
    value.type = in.u8();
    in.skip(1);
    value.at = at;
    at += value.size;
  }
  if (at > end || at > chunk_.size()) return false;
  const List list = definition(instance.definition);
  if (!list.sound) return false;
  for (std::size_t i = 0; i < list.count; ++i) {
    // A copy: a template of an instance inside may be added to the list.
    const BinaryXmlPart part = definitions_[list.first + i];
    if (!write_part(part, end, values)) return false;
  }
  return true;
}

EvtxRecordReader::List EvtxRecordReader::definition(std::uint32_t offset) {
  if (const auto found = templates_.find(offset); found != templates_.end()) return found->second;
  List list;
  list.first = definitions_.size();
  ByteReader in(chunk_, offset, chunk_.size());
  in.skip(4 + 16);
  const std::size_t size = in.u32();
  list.sound = in.ok() && size <= in.left() &&
               xml_.read(in.at(), in.at() + size, BinaryXmlReader::Where::definition, definitions_);
  work_ += definitions_.size() - list.first;
  if (!list.sound) definitions_.resize(list.first);
  list.count = definitions_.size() - list.first;
  templates_.emplace(offset, list);
  return list;
}

}  // namespace tocsin::ingest
