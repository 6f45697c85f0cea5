#include "search/event_record.hpp"

#include "base/time.hpp"

namespace tocsin::search {

std::string EventRecord::own_value(OwnName name) const {
  switch (name) {
    case OwnName::timestamp:
      return base::format_rfc3339(at.value);
    case OwnName::original:
      return std::string(text);
    case OwnName::seq:
      return std::to_string(seq.value);
    case OwnName::received:
      return base::format_rfc3339(frame.received.value);
    case OwnName::source:
      return source.input;
    case OwnName::peer:
      return source.peer;
    case OwnName::decoder:
      return event.decoder;
    case OwnName::none:
      break;
  }
  return {};
}

Row EventRecord::row(bool with_raw) const {
  Row out;
  out.time = at;
  out.seq = seq;
  out.k = k;
  if (with_raw) out.raw = text;
  out.cells.push_back({"@timestamp", own_value(OwnName::timestamp), {}});
  out.cells.push_back({"tocsin.seq", own_value(OwnName::seq), event::ValueKind::number});
  for (const FieldName& name : query.fields) {
    if (name.own == OwnName::none || name.own == OwnName::timestamp || name.own == OwnName::seq)
      continue;
    out.cells.push_back({name.name, own_value(name.own), {}});
  }
  for (const auto fields : {batch.own_fields(event), event::Batch::constant_fields(event)}) {
    for (const event::Field& field : fields) {
      const std::string_view name = batch.name_of(field, reading.fields);
      // What the log knows stands before what an event says under its name.
      if (own_name(name) != OwnName::none) continue;
      out.cells.push_back({std::string(name), std::string(field.value()), field.kind});
    }
  }
  return out;
}

}  // namespace tocsin::search
