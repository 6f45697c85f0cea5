// The structured data of RFC 5424: checks it, and takes it apart.
// Path:      text -> elements and parameters
// Threads:   values
// Errors:    none; what does not follow the grammar is told apart, never read past
// Source:    RFC 5424 section 6.3
// Tested by: tests/ingest/syslog/structured_data_test.cpp, tests/fuzz/syslog_fuzz.cpp
#pragma once

#include <cstddef>
#include <string_view>

#include "base/arena.hpp"

namespace tocsin::ingest {

// What stands at the front of a text.
struct StructuredDataCheck {
  std::size_t size = 0;  // bytes of the elements; 0 when they do not follow the grammar
  std::size_t elements = 0;
  std::size_t parameters = 0;
  // Readable, with a fault: an id that occurs twice (among the first 64 elements), a ']' in a value
  // without its backslash, a name longer than 32 bytes.
  bool faulty = false;
};
// The text starts with '['. Time is linear in the text.
[[nodiscard]] StructuredDataCheck check_structured_data(std::string_view text);

struct StructuredDataParameter {
  std::string_view id;     // of its element
  std::string_view name;   // empty: the element has no parameters
  std::string_view value;  // without the escapes
};

// Goes through text that check_structured_data found readable (SyslogHeader::structured_data).
class StructuredDataReader {
 public:
  explicit StructuredDataReader(std::string_view text, std::size_t max_elements = 64,
                                std::size_t max_parameters = 256)
      : text_(text), elements_left_(max_elements), parameters_left_(max_parameters) {}

  // The next parameter; false at the end or at a limit. A value that has escapes is copied to
  // `arena`.
  bool next(base::Arena& arena, StructuredDataParameter& out);

 private:
  std::string_view text_;
  std::string_view id_;
  std::size_t elements_left_;
  std::size_t parameters_left_;
};

}  // namespace tocsin::ingest
