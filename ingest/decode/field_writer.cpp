#include "ingest/decode/field_writer.hpp"

#include <algorithm>
#include <utility>

namespace tocsin::ingest {

namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void write_parts(const EmitSlot::UrlFields& fields, std::string_view text, BodyContext& context) {
  const UrlParts parts(text);
  for (const auto& [name, part] :
       {std::pair(fields.domain, parts.domain), std::pair(fields.path, parts.path),
        std::pair(fields.query, parts.query), std::pair(fields.extension, parts.extension)}) {
    if (!part.empty()) context.add(name, part);
  }
}

void write_value(const EmitSlot& slot, const CapturedValue& value, BodyContext& context) {
  if (value.size == 0) return;
  if (slot.type == CaptureType::quoted && value.size == 1 && *value.data == '-') return;
  std::string_view text = value.text();
  if (value.escaped) [[unlikely]] {
    text = without_escapes(text, context.batch.arena);
  }
  const bool is_name = slot.use == EmitSlot::Use::host && !value.is_address;
  context.add(is_name ? slot.other : slot.name, text, slot.kind);
  if (slot.use == EmitSlot::Use::url) write_parts(slot.url, text, context);
}

void write_cases(const CompiledValueMap& map, const Captures& captures, BodyContext& context) {
  std::string_view text;
  for (const std::uint8_t slot : map.slots) {
    if (captures.values[slot].data != nullptr) text = captures.values[slot].text();
  }
  for (const event::Field& field : map.cases.of(text)) {
    context.add(field.name, field.value(), field.kind);
  }
}

bool is_separator(char c) { return c == ' ' || c == ',' || c == '\t'; }

// One pair at the front of `text`, which is then behind it; false when there is no more.
bool next_pair(std::string_view& text, std::string_view& key, std::string_view& value) {
  for (;;) {
    std::size_t at = 0;
    while (at < text.size() && is_separator(text[at])) ++at;
    text.remove_prefix(at);
    if (text.empty()) return false;
    at = 0;
    while (at < text.size() && text[at] != '=' && !is_separator(text[at])) ++at;
    if (at == text.size() || text[at] != '=') {
      text.remove_prefix(at);
      continue;
    }
    key = text.substr(0, at);
    text.remove_prefix(at + 1);
    if (!text.empty() && text.front() == '"') {
      const std::size_t close = text.find('"', 1);
      if (close != std::string_view::npos) {
        value = text.substr(1, close - 1);
        text.remove_prefix(close + 1);
        return true;
      }
    }
    at = 0;
    while (at < text.size() && !is_separator(text[at])) ++at;
    value = text.substr(0, at);
    text.remove_prefix(at);
    return true;
  }
}

void write_pairs(const Rule& rule, std::string_view text, BodyContext& context) {
  std::uint64_t seen = 0;  // a bit for each of the first 64 keys
  std::string_view key, word;
  while (next_pair(text, key, word)) {
    for (std::size_t i = 0; i < rule.keys.size(); ++i) {
      const CompiledKey& wanted = rule.keys[i];
      if (wanted.key != key) continue;
      const std::uint64_t bit = i < 64 ? std::uint64_t{1} << i : 0;
      if ((seen & bit) != 0) break;
      seen |= bit;
      write_as(wanted.emit, word, context);
      break;
    }
  }
}

}  // namespace

void write_as(const EmitSlot& slot, std::string_view text, BodyContext& context) {
  CapturedValue value;
  StatedTime time;
  if (slot.use == EmitSlot::Use::nothing || !read_whole(slot.type, text, value, time)) return;
  write_value(slot, value, context);
}

void write_fields(const Rule& rule, const Captures& captures, BodyContext& context) {
  const std::size_t count = rule.slots.size();
  for (std::size_t i = 0; i < count; ++i) {
    const EmitSlot& slot = rule.slots[i];
    const CapturedValue& value = captures.values[i];
    switch (slot.use) {
      case EmitSlot::Use::field:
      case EmitSlot::Use::host:
      case EmitSlot::Use::url:
        write_value(slot, value, context);
        break;
      case EmitSlot::Use::pairs:
        if (value.data != nullptr) write_pairs(rule, value.text(), context);
        break;
      case EmitSlot::Use::nothing:
      case EmitSlot::Use::time:
        break;
    }
  }
  for (const CompiledValueMap& map : rule.values) write_cases(map, captures, context);
}

std::string_view without_escapes(std::string_view text, base::Arena& arena) {
  char* const out = arena.allocate(text.size());
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '\\' && i + 1 < text.size()) {
      switch (text[i + 1]) {
        case '"':
          c = '"', ++i;
          break;
        case '\\':
          ++i;
          break;
        case 'n':
          c = '\n', ++i;
          break;
        case 't':
          c = '\t', ++i;
          break;
        case 'r':
          c = '\r', ++i;
          break;
        case 'x':
          if (i + 3 < text.size()) {
            const int high = hex_value(text[i + 2]), low = hex_value(text[i + 3]);
            if (high >= 0 && low >= 0) {
              c = static_cast<char>(high * 16 + low);
              i += 3;
            }
          }
          break;
        default:
          break;
      }
    }
    out[size++] = c;
  }
  arena.shrink(text.size() - size);
  return {out, size};
}

}  // namespace tocsin::ingest
