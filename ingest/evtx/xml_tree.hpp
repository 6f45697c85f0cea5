// The elements of one event, and their JSON in evtx_dump's form.
// Path:      elements, attributes, values in order (ingest/evtx/record) -> JSON on one line
// Units:     bytes
// Threads:   one
// Errors:    false where an element or a value has no place; append_json() is false when the text
//            would be longer than its limit
// Source:    evtx_dump of the evtx project: attributes under "#attributes", text beside them under
//            "#text", <Data Name="X">v</Data> as "X": v; of elements with one name the second
//            gets "_1", and so on
// Tested by: tests/ingest/evtx/xml_tree_test.cpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::ingest {

class XmlTree {
 public:
  // `limit` bounds the bytes of all values, and of the JSON.
  void begin(std::size_t limit);

  // Names must live until append_json().
  [[nodiscard]] bool open(std::string_view name);
  [[nodiscard]] bool attribute(std::string_view name);
  void content() { attribute_ = none; }  // no attribute follows
  [[nodiscard]] bool close();
  // A value of the attribute at hand, else of the element that is open; several are joined.
  [[nodiscard]] bool value(std::uint8_t type, std::string_view bytes);
  [[nodiscard]] bool text(std::string_view utf8);
  // The element that is open is of an instance inside another one.
  [[nodiscard]] bool in_attribute() const { return attribute_ != none; }

  [[nodiscard]] bool append_json(std::string& out);

 private:
  using Index = std::uint32_t;
  static constexpr Index none = ~Index{0};
  // JSON in values_; of size 0: there is none.
  struct Literal {
    std::size_t at = 0;
    std::size_t size = 0;
  };
  struct Attribute {
    std::string_view name;
    Literal value;
    Index next = none;
  };
  struct Element {
    std::string_view name;
    Literal value;
    Index parent = none;
    Index first_child = none, last_child = none, next = none;
    Index first_attribute = none, last_attribute = none;
  };

  [[nodiscard]] std::string_view json(Literal literal) const {
    return std::string_view(values_).substr(literal.at, literal.size);
  }
  [[nodiscard]] bool add(std::size_t first);
  [[nodiscard]] bool has_attributes(const Element& element) const;
  // The JSON of the attribute Name, where the element is Data.
  [[nodiscard]] std::string_view data_name(const Element& element) const;
  void append_element(const Element& element, std::string& out) const;
  void append_attributes(const Element& element, std::string& out) const;
  void append_children(const Element& element, bool first, std::string& out) const;
  void append_unnamed_data(Index child, std::string& out) const;

  std::size_t limit_ = 0;
  std::string values_;
  std::string piece_;
  std::vector<Element> elements_;
  std::vector<Attribute> attributes_;
  Index open_ = none;
  Index attribute_ = none;
  Index root_ = none;
  std::size_t depth_ = 0;
};

}  // namespace tocsin::ingest
