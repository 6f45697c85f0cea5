#include "ingest/evtx/xml_tree.hpp"

#include <algorithm>
#include <unordered_map>

#include "base/json.hpp"
#include "ingest/evtx/binary_value.hpp"
#include "ingest/evtx/binary_xml.hpp"

namespace tocsin::ingest {

namespace {

constexpr std::string_view null_text = "null";

bool is_null(std::string_view json) { return json.empty() || json == null_text; }

// Without its quotes, where it has some.
std::string_view inside(std::string_view json) {
  return json.starts_with('"') ? json.substr(1, json.size() - 2) : json;
}

}  // namespace

void XmlTree::begin(std::size_t limit) {
  limit_ = limit;
  values_.clear();
  elements_.clear();
  attributes_.clear();
  open_ = attribute_ = root_ = none;
  depth_ = 0;
}

bool XmlTree::open(std::string_view name) {
  if (in_attribute() || depth_ >= max_xml_depth || elements_.size() >= max_xml_parts) return false;
  if (open_ == none && root_ != none) return false;
  const auto index = static_cast<Index>(elements_.size());
  elements_.push_back({.name = name, .value = {}, .parent = open_});
  if (open_ == none) {
    root_ = index;
  } else {
    Element& parent = elements_[open_];
    (parent.first_child == none ? parent.first_child : elements_[parent.last_child].next) = index;
    parent.last_child = index;
  }
  open_ = index;
  ++depth_;
  return true;
}

bool XmlTree::attribute(std::string_view name) {
  if (open_ == none || attributes_.size() >= max_xml_parts) return false;
  const auto index = static_cast<Index>(attributes_.size());
  attributes_.push_back({.name = name, .value = {}});
  Element& element = elements_[open_];
  (element.first_attribute == none ? element.first_attribute
                                   : attributes_[element.last_attribute].next) = index;
  element.last_attribute = index;
  attribute_ = index;
  return true;
}

bool XmlTree::close() {
  if (open_ == none) return false;
  open_ = elements_[open_].parent;
  --depth_;
  return true;
}

bool XmlTree::value(std::uint8_t type, std::string_view bytes) {
  piece_.clear();
  append_json_value(type, bytes, piece_);
  return add(piece_.size());
}

bool XmlTree::text(std::string_view utf8) {
  piece_.clear();
  base::append_json_string(piece_, utf8);
  return add(piece_.size());
}

bool XmlTree::add(std::size_t size) {
  if (open_ == none || values_.size() + size > limit_) return false;
  Literal& target = in_attribute() ? attributes_[attribute_].value : elements_[open_].value;
  const std::size_t first = values_.size();
  if (target.size == 0 || is_null(json(target))) {
    values_.append(piece_);
  } else if (!is_null(piece_)) {
    if (first + target.size + size + 2 > limit_) return false;
    const std::string before(inside(json(target)));
    values_.append("\"").append(before).append(inside(piece_)).append("\"");
  } else {
    return true;
  }
  target = {first, values_.size() - first};
  return true;
}

// ---- JSON

bool XmlTree::has_attributes(const Element& element) const {
  for (Index i = element.first_attribute; i != none; i = attributes_[i].next) {
    if (!is_null(json(attributes_[i].value))) return true;
  }
  return false;
}

std::string_view XmlTree::data_name(const Element& element) const {
  if (element.name != "Data") return {};
  for (Index i = element.first_attribute; i != none; i = attributes_[i].next) {
    const std::string_view name = json(attributes_[i].value);
    if (attributes_[i].name == "Name" && name.starts_with('"')) return name;
  }
  return {};
}

bool XmlTree::append_json(std::string& out) {
  if (root_ == none) return false;
  const std::size_t before = out.size();
  out.push_back('{');
  base::append_json_string(out, elements_[root_].name);
  out.push_back(':');
  append_element(elements_[root_], out);
  out.push_back('}');
  return out.size() - before <= limit_;
}

void XmlTree::append_element(const Element& element, std::string& out) const {
  const std::string_view value = json(element.value);
  const bool named = !data_name(element).empty();
  const bool attributes = !named && has_attributes(element);
  if (element.first_child == none && !attributes) {
    out.append(value.empty() ? null_text : value);
    return;
  }
  out.push_back('{');
  if (attributes) append_attributes(element, out);
  if (!value.empty()) out.append(attributes ? "," : "").append("\"#text\":").append(value);
  append_children(element, !attributes && value.empty(), out);
  out.push_back('}');
}

void XmlTree::append_attributes(const Element& element, std::string& out) const {
  out.append("\"#attributes\":{");
  bool first = true;
  for (Index i = element.first_attribute; i != none; i = attributes_[i].next) {
    const std::string_view value = json(attributes_[i].value);
    if (is_null(value)) continue;
    if (!first) out.push_back(',');
    first = false;
    base::append_json_string(out, attributes_[i].name);
    out.append(":").append(value);
  }
  out.push_back('}');
}

void XmlTree::append_children(const Element& element, bool first, std::string& out) const {
  std::unordered_map<std::string, unsigned> seen;
  bool unnamed_data_done = false;
  std::string key;
  for (Index i = element.first_child; i != none; i = elements_[i].next) {
    const Element& child = elements_[i];
    std::string_view name = data_name(child);
    const bool is_unnamed_data = child.name == "Data" && name.empty() && !has_attributes(child);
    if (is_unnamed_data && unnamed_data_done) continue;
    if (!first) out.push_back(',');
    first = false;
    if (name.empty()) {
      key.clear();
      base::append_json_string(key, child.name);
      name = key;
    }
    const unsigned before = seen[std::string(name)]++;
    out.append(name);
    if (before > 0) {
      out.pop_back();
      out.append("_").append(std::to_string(before)).append("\"");
    }
    out.push_back(':');
    if (is_unnamed_data) {
      append_unnamed_data(i, out);
      unnamed_data_done = true;
    } else {
      append_element(child, out);
    }
  }
}

// <Data>a</Data><Data>b</Data> is "Data": {"#text": ["a", "b"]}.
void XmlTree::append_unnamed_data(Index child, std::string& out) const {
  std::vector<Index> all;
  for (Index i = child; i != none; i = elements_[i].next) {
    const Element& one = elements_[i];
    if (one.name == "Data" && data_name(one).empty() && !has_attributes(one)) all.push_back(i);
  }
  if (all.size() == 1) {
    const std::string_view value = json(elements_[child].value);
    if (value.empty() || elements_[child].first_child != none) {
      append_element(elements_[child], out);
    } else {
      out.append("{\"#text\":").append(value).append("}");
    }
    return;
  }
  out.append("{\"#text\":[");
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0) out.push_back(',');
    append_element(elements_[all[i]], out);
  }
  out.append("]}");
}

}  // namespace tocsin::ingest
