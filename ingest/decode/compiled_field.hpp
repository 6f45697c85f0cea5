// What becomes of a captured value, compiled: a field under some name, or fields that its text
// stands for.
// Threads:   values, immutable once compiled
// Tested by: tests/ingest/decode/compiled_field_test.cpp
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "event/field.hpp"
#include "ingest/decode/glob.hpp"
#include "ingest/decode/pattern.hpp"

namespace tocsin::ingest {

struct EmitSlot {
  // url: a field, and the parts of its text beside it (UrlParts).
  enum class Use : std::uint8_t { nothing, field, host, url, time, pairs };
  Use use = Use::nothing;
  event::ValueKind kind = event::ValueKind::text;
  CaptureType type = CaptureType::word;
  event::FieldId name;   // of a host: when it is an address
  event::FieldId other;  // of a host: when it is a name
  struct UrlFields {
    event::FieldId domain, path, query, extension;
  };
  UrlFields url;
};

// What a request's target is made of; empty where it lacks a part. Nothing is decoded.
//
//   [scheme "://" [user "@"] domain [":" port]] path ["?" query]
//   domain ":" port                                                of CONNECT
struct UrlParts {
  std::string_view domain;
  std::string_view path;       // up to `?` or `#`
  std::string_view query;      // behind `?`
  std::string_view extension;  // of the path's last part, without its dot

  explicit UrlParts(std::string_view target);
};

// The slot of `target`; its names become known to the table.
[[nodiscard]] EmitSlot emit_slot(const CaptureTarget& target, event::FieldTable& fields);

// `values:`, compiled.
struct ValueCases {
  std::vector<std::pair<Glob, std::vector<event::Field>>> cases;
  std::vector<event::Field> otherwise;

  // The fields of the first case that fits, else `otherwise`.
  [[nodiscard]] const std::vector<event::Field>& of(std::string_view text) const {
    for (const auto& [glob, fields] : cases) {
      if (glob.fits(text)) return fields;
    }
    return otherwise;
  }
};

}  // namespace tocsin::ingest
