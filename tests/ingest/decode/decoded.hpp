// One event in one batch for tests of body decoders: decodes a text, and shows the fields by name.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ingest/decode/body.hpp"

namespace tocsin::ingest {

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct Decoded {
  event::Batch batch;
  event::Event event;
  event::FieldTable names;
  LocalNames locals;
  std::size_t frames = 0;

  BodyContext context() { return {batch, event, names, locals}; }

  // `text` as a new frame; the event begins anew.
  std::string_view frame(std::string_view text) {
    batch.clear();
    locals.forget();
    batch.add_frame(text, event::SourceId(), base::ReceivedTime());
    event = {};
    event.first_field = static_cast<std::uint32_t>(batch.fields.size());
    return batch.raw(0);
  }

  [[nodiscard]] Pairs pairs() const {
    Pairs out;
    for (const event::Field& field : batch.own_fields(event)) {
      out.emplace_back(batch.name_of(field, names), field.value());
    }
    return out;
  }
  // All values of one name, joined by '|'; "<none>" when there is none.
  [[nodiscard]] std::string value(std::string_view name) const {
    std::string out;
    bool found = false;
    for (const event::Field& field : batch.own_fields(event)) {
      if (batch.name_of(field, names) != name) continue;
      if (found) out += '|';
      out += field.value();
      found = true;
    }
    return found ? out : "<none>";
  }
  [[nodiscard]] bool has(event::Anomaly anomaly) const { return event.anomalies.has(anomaly); }
};

// The same, with the decoder of one form.
template <typename Body>
struct DecodedBy : Decoded {
  Body body;

  BodyResult decode(std::string_view text) {
    const std::string_view framed = frame(text);
    BodyContext in = context();
    return body.decode(framed, in);
  }
  bool ok(std::string_view text) { return decode(text) == BodyResult::decoded; }
};

}  // namespace tocsin::ingest
