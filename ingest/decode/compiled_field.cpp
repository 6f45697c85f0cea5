#include "ingest/decode/compiled_field.hpp"

namespace tocsin::ingest {

EmitSlot emit_slot(const CaptureTarget& target, event::FieldTable& fields) {
  EmitSlot out;
  out.type = target.type;
  if (target.name.starts_with('_')) return out;
  if (target.name == "@time") {
    out.use = EmitSlot::Use::time;
  } else if (target.type == CaptureType::key_value) {
    out.use = EmitSlot::Use::pairs;
  } else if (target.type == CaptureType::host) {
    out.use = EmitSlot::Use::host;
    out.name = fields.intern(target.name + ".ip");
    out.other = fields.intern(target.name + ".address");
  } else {
    out.use = EmitSlot::Use::field;
    out.name = fields.intern(target.name);
    if (target.type == CaptureType::integer || target.type == CaptureType::number ||
        target.type == CaptureType::port) {
      out.kind = event::ValueKind::number;
    }
  }
  return out;
}

}  // namespace tocsin::ingest
