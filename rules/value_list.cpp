#include "rules/value_list.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "rules/diagnostics.hpp"

namespace tocsin::rules {

namespace {

using base::YamlNode;

constexpr base::YamlLimits limits{.bytes = 4 << 20};

class Reader {
 public:
  Reader(const base::SourceText& source, std::map<std::string, ValueList, std::less<>>& lists)
      : out_(source), lists_(lists) {}

  base::Errors read(const YamlNode& document) {
    const YamlNode* lists = document.find("lists");
    if (lists == nullptr || !lists->is_map()) {
      out_.error("rules-27", out_.at(lists == nullptr ? document : *lists),
                 "a file of value lists is a map: `lists: {Name: [value, ...]}`");
      return std::move(out_.errors);
    }
    for (const YamlNode::Member& member : document.members) {
      if (member.key != "lists" && member.key != "description")
        out_.unknown_key(member, "a file of value lists", {"lists", "description"});
    }
    for (const YamlNode::Member& member : lists->members) add(member);
    return std::move(out_.errors);
  }

 private:
  void add(const YamlNode::Member& member) {
    if (member.key.empty() || member.key.find('%') != std::string::npos) {
      out_.error("rules-27", out_.at(member),
                 "the name of a value list is written without percent signs, and not empty");
      return;
    }
    const auto [same, is_new] = lists_.try_emplace(member.key);
    ValueList& list = same->second;
    if (!is_new) {
      out_.error("rules-28", out_.at(member),
                 fmt::format("the value list `{}` is also given at {}:{}",
                             base::printable(member.key), list.origin.name, list.origin.line));
      list.is_broken = true;
      return;
    }
    list.origin = out_.at(member);
    if (member.value.is_sequence()) {
      for (const YamlNode& value : member.value.items) add_value(value, list);
    } else {
      add_value(member.value, list);
    }
  }

  void add_value(const YamlNode& value, ValueList& list) {
    if (!value.is_scalar()) {
      out_.error("rules-27", out_.at(value),
                 "a value of a value list is text; write '' for the empty one");
      list.is_broken = true;
      return;
    }
    list.values.push_back(parse_pattern(value.text));
    list.canonical += fmt::format("{}:{};", value.text.size(), value.text);
  }

  Diagnostics out_;
  std::map<std::string, ValueList, std::less<>>& lists_;
};

}  // namespace

ValueLists ValueLists::read(std::span<const base::SourceText> sources, base::Errors& errors) {
  ValueLists out;
  for (const base::SourceText& source : sources) {
    const auto documents = base::parse_yaml(source, limits);
    if (!documents) {
      errors.push_back(documents.error());
      continue;
    }
    for (const YamlNode& document : *documents) {
      for (base::Error& error : Reader(source, out.lists_).read(document))
        errors.push_back(std::move(error));
    }
  }
  return out;
}

const ValueList* ValueLists::find(std::string_view name) const {
  const auto found = lists_.find(name);
  return found == lists_.end() ? nullptr : &found->second;
}

std::vector<std::string_view> ValueLists::names() const {
  std::vector<std::string_view> out;
  out.reserve(lists_.size());
  for (const auto& [name, list] : lists_) out.push_back(name);
  return out;
}

const ValueList* ListUse::take(std::string_view name) {
  const ValueList* list = lists_->find(name);
  if (list != nullptr) taken_.emplace(name);
  return list;
}

std::string ListUse::refusal(std::string_view name) const {
  const std::string title = base::printable(title_);
  const std::string shown = base::printable(name);
  if (const ValueList* broken = lists_->find(name)) {
    return fmt::format("`{}` needs the value list `{}`, which has an error at {}:{}", title, shown,
                       broken->origin.name, broken->origin.line);
  }
  const std::string_view near = base::nearest(name, lists_->names());
  if (!near.empty()) {
    return fmt::format("`{}` needs the value list `{}`; did you mean `{}`?", title, shown,
                       base::printable(near));
  }
  return fmt::format(
      "`{}` needs the value list `{}`: write `lists: {{{}: [value, ...]}}` in a YAML file "
      "and give that with --lists, or under packs.lists of the configuration",
      title, shown, shown);
}

std::string ListUse::canonical() const {
  std::string out;
  for (const std::string& name : taken_) {
    const std::string& list = lists_->find(name)->canonical;
    out += fmt::format("list={}:{}{}:{}", name.size(), name, list.size(), list);
  }
  return out;
}

}  // namespace tocsin::rules
