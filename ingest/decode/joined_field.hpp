// A field that is made of others of its event: their values within a text.
// Path:      `join:` of a decoder -> Join -> JoinedField -> one more field of an event
//            (ingest/decode/body_sorter)
// Threads:   values, immutable once compiled
// Errors:    none at run time: where one of the fields is missing, none is made; a text that is too
//            long is cut as any value is
// Source:    docs/decoders.md, "Joined fields"
// Tested by: tests/ingest/decode/joined_field_test.cpp
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "event/field.hpp"
#include "ingest/decode/body.hpp"

namespace tocsin::ingest {

// As written:
//
//   join:
//     TargetObject:
//       of: '{ObjectName}\{ObjectValueName}'
//       begins: {'\REGISTRY\MACHINE\': 'HKLM\', '\REGISTRY\USER\': 'HKU\'}
struct Join {
  struct Part {
    bool is_field = false;
    std::string text;  // a field's name, or what stands between
  };

  std::string name;         // of the field that is made
  std::vector<Part> parts;  // one field at least
  // How the whole may begin, whatever the case of ASCII letters, and what stands there instead: the
  // first that fits.
  std::vector<std::pair<std::string, std::string>> begins;
};

// `{NAME}` is a field; nothing when a brace has no partner, a name is empty or no field is named.
[[nodiscard]] std::optional<std::vector<Join::Part>> read_template(std::string_view text);

class JoinedField {
 public:
  // Its names become known to the table.
  JoinedField(const Join& join, event::FieldTable& fields);

  // Adds the field to the event, its value in the batch's arena, unless the event has it already or
  // lacks one that it is made of. Of a field with several values, all stand there, a blank between.
  void write(BodyContext& context) const;
  [[nodiscard]] event::FieldId name() const { return name_; }

 private:
  struct Part {
    bool is_field = false;
    event::FieldId field;
    std::string text;
  };

  [[nodiscard]] std::string_view begun(char* text, std::size_t size) const;

  event::FieldId name_;
  std::vector<Part> parts_;
  std::vector<std::pair<std::string, std::string>> begins_;
  std::size_t longest_front_ = 0;
  std::size_t room_ = 0;  // that what stands instead of a beginning may need more than that
};

}  // namespace tocsin::ingest
