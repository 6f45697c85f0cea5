// Turns the frames of a batch into events: header, body, fields, log source.
// Path:      event::Batch with frames (ingest/listen) -> the same with events and fields -> rules
// Units:     times in ns since 1970Z
// Threads:   one Decoder per worker; the DecoderSet and the tables are shared
// Errors:    none: each frame becomes an event, what is wrong with it is its anomalies, and what
//            no decoder knows has its header fields and `message` only
// Source:    docs/decoders.md; DESIGN sections 2 and 5
// Tested by: tests/ingest/decode/decoder_test.cpp, tests/ingest/decode/examples_test.cpp,
//            tests/fuzz/decode_fuzz.cpp
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "event/batch.hpp"
#include "ingest/decode/decoder_set.hpp"
#include "ingest/options.hpp"
#include "ingest/syslog/zone.hpp"

namespace tocsin::ingest {

// Why an event has no fields but those of its header.
enum class Undecoded : std::uint8_t {
  no_decoder,    // a program that no decoder names
  no_pattern,    // its decoder has no pattern for the message
  no_header,     // no syslog header, and no decoder of such lines fits
  invalid_body,  // begins like JSON, CEF or audit, and is none
  count_
};
inline constexpr std::size_t undecoded_count = static_cast<std::size_t>(Undecoded::count_);
[[nodiscard]] std::string_view name_of(Undecoded reason);

[[nodiscard]] std::string_view name_of(BodyKind kind);

// Of one batch, or summed over many. events = decoded + skipped + the sum of undecoded.
struct DecodeCounters {
  std::uint64_t events = 0;
  std::uint64_t decoded = 0;
  std::uint64_t skipped = 0;  // of shapes that nobody wants
  std::array<std::uint64_t, undecoded_count> undecoded{};
  std::array<std::uint64_t, body_kind_count> bodies{};  // decoded, by BodyKind
  std::array<std::uint64_t, event::anomaly_count> anomalies{};

  void add(const DecodeCounters& other);
};

struct DecoderOptions {
  SyslogOptions syslog;
  ZoneReader read_zone = read_system_zone;
};

class Decoder {
 public:
  // All three must outlive the decoder; the set was compiled with this field table.
  Decoder(const DecoderSet& set, const event::FieldTable& names, const event::SourceTable& sources,
          const DecoderOptions& options = {});
  ~Decoder();
  Decoder(Decoder&&) noexcept;

  // events[i] becomes what frames[i] holds. The batch's text is complete and has its padding.
  void decode(event::Batch& batch);

  // From now on, by ShapeId: an event whose message is of another shape than these may be given its
  // time and a shape that is not wanted, and no fields. Structured bodies are decoded all the same,
  // and so is what may state the time.
  void want(std::vector<bool> shapes);

  // Of the last batch.
  [[nodiscard]] const DecodeCounters& counters() const;

 private:
  class Work;
  std::unique_ptr<Work> work_;
};

}  // namespace tocsin::ingest
