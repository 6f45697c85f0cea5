#include "ingest/decode/structured_body.hpp"

#include <algorithm>

namespace tocsin::ingest {

namespace {

// Where a Linux audit record begins: "type=", "node=", or as the kernel prints it, "audit: type=",
// perhaps behind its "[uptime] ".
bool is_audit(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t close = text.substr(0, 32).find("] ");
    if (close == std::string_view::npos) return false;
    text.remove_prefix(close + 2);
    if (!text.starts_with("audit")) return false;
  }
  if (!text.starts_with("type=") && !text.starts_with("node=") && !text.starts_with("audit")) {
    return false;
  }
  return text.substr(0, 320).find("audit(") != std::string_view::npos;
}

bool is_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-';
}

}  // namespace

std::optional<BodyKind> recognise_body(std::string_view body) {
  if (body.empty()) return std::nullopt;
  switch (body.front()) {
    case '{':
      return BodyKind::json;
    case '@':
      return body.starts_with("@cee:") ? std::optional(BodyKind::json) : std::nullopt;
    case '<':
    case '\xEF':
      return looks_like_event_xml(body) ? std::optional(BodyKind::xml) : std::nullopt;
    case 'M':
      return looks_like_snare(body) ? std::optional(BodyKind::snare) : std::nullopt;
    case 'C':
      return body.starts_with("CEF:") ? std::optional(BodyKind::cef) : std::nullopt;
    case 'L':
      return body.starts_with("LEEF:") ? std::optional(BodyKind::cef) : std::nullopt;
    case 't':
    case 'n':
    case 'a':
    case '[':
      return is_audit(body) ? std::optional(BodyKind::audit) : std::nullopt;
    default:
      return std::nullopt;
  }
}

bool looks_like_pairs(std::string_view body) {
  std::size_t at = 0;
  while (at < body.size() && at < 64 && is_key_character(body[at])) ++at;
  return at > 0 && at < body.size() && body[at] == '=';
}

BodyResult StructuredBodies::decode(BodyKind kind, std::string_view body, BodyContext& context) {
  switch (kind) {
    case BodyKind::json:
      if (body.starts_with("@cee:")) body.remove_prefix(std::min(body.find('{'), body.size()));
      return json_.decode(body, context);
    case BodyKind::audit:
      return audit_.decode(body, context);
    case BodyKind::cef:
      return cef_.decode(body, context);
    case BodyKind::key_value:
      return key_value_.decode(body, context);
    case BodyKind::xml:
      return xml_.decode(body, context);
    case BodyKind::snare:
      return snare_.decode(body, context);
    case BodyKind::pattern:
      break;
  }
  return BodyResult::invalid;
}

bool StructuredBodies::time_is_local(BodyKind kind) const {
  switch (kind) {
    case BodyKind::json:
      return json_.time_is_local();
    case BodyKind::cef:
      return cef_.time_is_local();
    case BodyKind::key_value:
      return key_value_.time_is_local();
    case BodyKind::snare:
      return true;
    default:
      return false;
  }
}

}  // namespace tocsin::ingest
