#include "ingest/decode/body_names.hpp"

namespace tocsin::ingest {

namespace {

constexpr std::string_view attributes = "#attributes.";

// What follows the prefix and a dot; empty when the name does not begin so. `last` is the name's
// part before it.
std::string_view behind(std::string_view prefix, std::string_view name, std::string_view& last) {
  while (!prefix.empty()) {
    const std::size_t dot = prefix.find('.');
    const std::string_view part = prefix.substr(0, dot);
    prefix.remove_prefix(dot == std::string_view::npos ? prefix.size() : dot + 1);
    const std::size_t end = name.find('.');
    if (end == std::string_view::npos) return {};
    last = name.substr(0, end);
    if (part != "*" && part != last) return {};
    name.remove_prefix(end + 1);
  }
  return name;
}

// An attribute is named by its element, an underscore, and itself; text beside attributes by its
// element alone. The four ways in which converters of XML write them.
std::string_view without_xml(std::string_view name, std::string_view element,
                             std::string& scratch) {
  if (name.ends_with(".#text")) return name.substr(0, name.size() - 6);
  if (name.starts_with(attributes)) {
    scratch.assign(element).append("_").append(name.substr(attributes.size()));
    return scratch;
  }
  for (const std::string_view between : {".#attributes.", "_attributes.", ".@"}) {
    const std::size_t at = name.find(between);
    if (at == std::string_view::npos || at == 0) continue;
    scratch.assign(name.substr(0, at)).append("_").append(name.substr(at + between.size()));
    return scratch;
  }
  return name;
}

}  // namespace

void BodyNames::add_name(std::string_view written, std::string_view given) {
  names_.emplace(written, given);
}

void BodyNames::add(const Unwrapping& unwrapping) { unwrappings_.push_back(unwrapping); }

BodyNames::Given BodyNames::given(std::string_view written, std::string& scratch) const {
  if (const auto found = names_.find(written); found != names_.end()) return {found->second};
  for (const Unwrapping& unwrapping : unwrappings_) {
    std::string_view element;
    std::string_view name = behind(unwrapping.prefix, written, element);
    if (name.empty()) continue;
    name = without_xml(name, element, scratch);
    if (unwrapping.capital && name.front() >= 'a' && name.front() <= 'z') {
      if (name.data() != scratch.data()) name = scratch.assign(name);
      scratch.front() = static_cast<char>(scratch.front() - 'a' + 'A');
    }
    return {name, unwrapping.escaped};
  }
  return {written};
}

}  // namespace tocsin::ingest
