#include "correlate/group_key.hpp"

#include <algorithm>
#include <cstring>

#include "base/hash.hpp"

namespace tocsin::correlate {

namespace {

template <typename Number>
void append_number(std::string& out, Number number) {
  char bytes[sizeof number];
  std::memcpy(bytes, &number, sizeof number);
  out.append(bytes, sizeof number);
}

void append_value(std::string& out, std::optional<std::string_view> value) {
  append_number(out, value ? static_cast<std::uint32_t>(value->size() + 1) : std::uint32_t{0});
  if (value) out += *value;
}

}  // namespace

std::optional<std::string_view> value_of(const event::Batch& batch, const event::Event& event,
                                         event::FieldId field) {
  const event::Field* found = batch.find(event, field);
  if (found == nullptr || found->kind == event::ValueKind::null) return std::nullopt;
  return found->value();
}

std::optional<std::string_view> key_of(const event::Batch& batch, const event::Event& event,
                                       std::span<const event::FieldId> fields, bool optional,
                                       std::string& scratch) {
  if (fields.empty()) return std::string_view();
  if (fields.size() == 1 && !optional) return value_of(batch, event, fields[0]);
  scratch.clear();
  for (event::FieldId field : fields) {
    const auto value = value_of(batch, event, field);
    if (!value && !optional) return std::nullopt;
    append_value(scratch, value);
  }
  return scratch;
}

KeyValues values_of(const CorrelationSpec& spec, std::string_view key) {
  KeyValues values;
  if (spec.group_names.size() == 1 && !spec.group_optional) {
    values.emplace_back(key);
    return values;
  }
  for (std::size_t i = 0; i < spec.group_names.size(); ++i) {
    std::uint32_t size_above = 0;
    std::memcpy(&size_above, key.data(), sizeof size_above);
    key.remove_prefix(sizeof size_above);
    if (size_above == 0) {
      values.emplace_back();
      continue;
    }
    values.emplace_back(key.substr(0, size_above - 1));
    key.remove_prefix(size_above - 1);
  }
  return values;
}

bool values_fit(const CorrelationSpec& spec, std::string_view key) {
  if (spec.group_names.empty()) return key.empty();
  if (spec.group_names.size() == 1 && !spec.group_optional) return true;
  for (std::size_t i = 0; i < spec.group_names.size(); ++i) {
    std::uint32_t size_above = 0;
    if (key.size() < sizeof size_above) return false;
    std::memcpy(&size_above, key.data(), sizeof size_above);
    key.remove_prefix(sizeof size_above);
    if (size_above == 0 && !spec.group_optional) return false;
    if (size_above == 0) continue;
    if (key.size() < size_above - 1) return false;
    key.remove_prefix(size_above - 1);
  }
  return key.empty();
}

std::optional<std::string> join_values(const KeyValues& values,
                                       std::span<const std::uint32_t> places, bool optional) {
  if (!optional && std::ranges::any_of(places, [&](std::uint32_t place) { return !values[place]; }))
    return std::nullopt;
  if (places.size() == 1 && !optional) return std::string(*values[places[0]]);
  std::string key;
  for (std::uint32_t place : places) append_value(key, values[place]);
  return key;
}

event::GroupValues group_values(const CorrelationSpec& spec, std::string_view key) {
  event::GroupValues out;
  const KeyValues values = values_of(spec, key);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i]) out.emplace_back(spec.group_names[i], *values[i]);
  }
  return out;
}

event::AlertId alert_id(const CorrelationSpec& spec, std::string_view key, Place firing) {
  std::string text(reinterpret_cast<const char*>(spec.content.data()), spec.content.size());
  for (const auto& value : values_of(spec, key)) {
    append_number(text, value ? std::uint64_t{value->size()} : ~std::uint64_t{0});
    if (value) text += *value;
  }
  if (spec.forward || spec.whole_instants) {
    append_number(text, ~std::uint64_t{0});
    append_number(text, static_cast<std::uint64_t>(firing.time));
  } else {
    append_number(text, firing.seq().value);
    append_number(text, firing.k());
  }
  const base::Sha256 digest = base::sha256(text);
  event::AlertId id;
  std::copy_n(digest.begin(), id.bytes.size(), id.bytes.begin());
  return id;
}

}  // namespace tocsin::correlate
