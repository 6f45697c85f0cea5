#include "ingest/decode/compiled_field.hpp"

#include <algorithm>

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
  } else if (target.name == "url.original") {
    out.use = EmitSlot::Use::url;
    out.name = fields.intern(target.name);
    out.url = {fields.intern("url.domain"), fields.intern("url.path"), fields.intern("url.query"),
               fields.intern("url.extension")};
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

UrlParts::UrlParts(std::string_view target) {
  const std::size_t scheme = target.substr(0, 16).find("://");
  if (scheme != std::string_view::npos) {
    target.remove_prefix(scheme + 3);
    const std::size_t end = std::min(target.find_first_of("/?#"), target.size());
    domain = target.substr(0, end);
    target.remove_prefix(end);
    const std::size_t user = domain.rfind('@');
    if (user != std::string_view::npos) domain.remove_prefix(user + 1);
  } else if (!target.starts_with('/')) {
    // Of CONNECT; any other word is no URL that has parts.
    const std::size_t colon = target.rfind(':');
    if (colon == std::string_view::npos || colon + 1 == target.size() ||
        target.find_first_not_of("0123456789", colon + 1) != std::string_view::npos) {
      return;
    }
    domain = target;
    target = {};
  }
  const std::size_t port = domain.rfind(':');
  if (port != std::string_view::npos && domain.find(']', port) == std::string_view::npos)
    domain = domain.substr(0, port);
  target = target.substr(0, target.find('#'));
  const std::size_t question = target.find('?');
  path = target.substr(0, question);
  if (question != std::string_view::npos) query = target.substr(question + 1);
  const std::string_view last = path.substr(std::min(path.rfind('/') + 1, path.size()));
  const std::size_t dot = last.rfind('.');
  if (dot != std::string_view::npos) extension = last.substr(dot + 1);
}

}  // namespace tocsin::ingest
