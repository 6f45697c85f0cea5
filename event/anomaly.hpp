// Named defects of input. A frame with a defect is kept, marked, counted; rules see the names in
// `tocsin.anomaly`.
// Threads:   values
// Source:    BAD-INPUT catalogue; docs/reference/anomalies.md is generated from the rows
// Tested by: tests/event/anomaly_test.cpp
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tocsin::event {

enum class Anomaly : std::uint8_t {
  frame_truncated,
  frame_incomplete,
  frame_nul,
  frame_length,
  no_pri,
  bad_pri,
  no_time,
  bad_time,
  leap_second,
  no_host,
  clock_skew,
  year_inferred,
  bad_version,
  header_truncated,
  bad_structured_data,
  structured_data_limit,
  bad_utf8,
  control_bytes,
  json_invalid,
  json_duplicate_key,
  json_depth,
  json_limit,
  json_nul,
  key_value_invalid,
  cef_invalid,
  audit_invalid,
  audit_hex,
  audit_incomplete,
  audit_duplicate,
  field_limit,
  value_truncated,
  decoder_mismatch,
  late,
  time_inherited,
  journal_gap,
  evtx_damaged,
  evtx_checksum,
  xml_invalid,
  xml_limit,
  frame_lost,
  count_  // not a defect: how many there are
};
inline constexpr std::size_t anomaly_count = static_cast<std::size_t>(Anomaly::count_);
static_assert(anomaly_count <= 64);

struct AnomalyRow {
  Anomaly anomaly;
  std::string_view name;      // as rules, metrics and output spell it
  std::string_view sentence;  // for the reference page
};
extern const std::array<AnomalyRow, anomaly_count> anomaly_rows;
[[nodiscard]] std::string_view name_of(Anomaly anomaly);

// A set of anomalies in one word.
class Anomalies {
 public:
  constexpr Anomalies() = default;
  constexpr explicit Anomalies(std::uint64_t bits) : bits_(bits) {}
  constexpr void set(Anomaly anomaly) {
    bits_ |= std::uint64_t{1} << static_cast<unsigned>(anomaly);
  }
  constexpr void merge(Anomalies other) { bits_ |= other.bits_; }
  [[nodiscard]] constexpr bool has(Anomaly anomaly) const {
    return (bits_ >> static_cast<unsigned>(anomaly) & 1U) != 0;
  }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  [[nodiscard]] constexpr std::uint64_t bits() const { return bits_; }
  constexpr bool operator==(const Anomalies&) const = default;

 private:
  std::uint64_t bits_ = 0;
};

}  // namespace tocsin::event
