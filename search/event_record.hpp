// A decoded event as evaluate.hpp asks for it, and as a Row.
// Path:      event::Batch -> search/block_search
// Units:     ns since 1970Z
// Threads:   one
// Tested by: tests/search/event_record_test.cpp, tests/search/agreement_test.cpp
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/wildcard.hpp"
#include "event/batch.hpp"
#include "event/source.hpp"
#include "search/decoders.hpp"
#include "search/query.hpp"
#include "search/row.hpp"
#include "search/value_test.hpp"

namespace tocsin::search {

struct EventRecord {
  const Query& query;
  const Reading& reading;
  const event::Batch& batch;
  const event::Event& event;
  const event::Frame& frame;
  std::string_view text;  // the frame's
  const event::Source& source;
  base::EventTime at;
  event::Seq seq;
  std::uint32_t k = 0;

  template <typename F>
  bool any(FieldNumber number, F&& f) const {
    const FieldName& name = query.fields[number];
    if (name.own != OwnName::none) return f(std::string_view(own_value(name.own)));
    const event::FieldId id = reading.ids[number];
    for (const auto fields : {batch.own_fields(event), event::Batch::constant_fields(event)}) {
      for (const event::Field& field : fields) {
        if (field.kind == event::ValueKind::null) continue;
        const bool fits =
            name.is_pattern ? base::fits_wildcards(name.name, batch.name_of(field, reading.fields))
                            : field.name == id;
        if (fits && f(field.value())) return true;
      }
    }
    return false;
  }
  [[nodiscard]] bool raw(const ValueTest& test, Scratch& scratch) const {
    return holds(test, text, scratch);
  }
  [[nodiscard]] std::int64_t time() const { return at.value; }

  [[nodiscard]] std::string own_value(OwnName name) const;
  // Its time and number, own names that the query names, and all its fields.
  [[nodiscard]] Row row(bool with_raw) const;
};

}  // namespace tocsin::search
