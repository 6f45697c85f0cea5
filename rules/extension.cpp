#include "rules/extension.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "rules/diagnostics.hpp"

namespace tocsin::rules {

namespace {

using base::YamlNode;
using Member = YamlNode::Member;

class Reader {
 public:
  explicit Reader(Diagnostics& out) : out_(out) {}

  Extension read(const YamlNode& node) {
    static const std::vector<std::string_view> known = {"actions", "user",  "host",     "for",
                                                        "tests",   "group", "timespan", "weight",
                                                        "realert", "alert", "until",    "expect"};
    for (const Member& member : node.members) {
      const YamlNode& value = member.value;
      if (member.key == "tests") {
        read_tests(value);
      } else if (member.key == "group") {
        result_.group = out_.texts(value, "group");
      } else if (member.key == "timespan") {
        result_.timespan = out_.duration(value, "timespan");
      } else if (member.key == "realert") {
        result_.realert = out_.duration(value, "realert");
      } else if (member.key == "weight") {
        result_.weight = out_.text(value, "weight");
      } else if (member.key == "alert") {
        result_.alert = out_.boolean(value, "alert");
      } else if (member.key == "until") {
        result_.until = out_.text(value, "until");
        result_.until_origin = out_.at(value);
      } else if (member.key == "expect") {
        result_.expect = out_.text(value, "expect");
        result_.expect_origin = out_.at(value);
      } else if (member.key == "user" || member.key == "host" || member.key == "for") {
        read_option(member, defaults_);
        option_ = option_ == nullptr ? &member : option_;
      } else if (member.key != "actions") {
        out_.unknown_key(member, "`tocsin`", known);
      }
    }
    if (const YamlNode* actions = node.find("actions")) {
      read_actions(*actions);
    } else if (option_ != nullptr) {
      out_.error("rules-61", out_.at(*option_),
                 fmt::format("`{}` belongs to an action, and there is no `actions`", option_->key));
    }
    return std::move(result_);
  }

 private:
  void read_option(const Member& member, ActionRequest& action) {
    if (member.key == "for") {
      if (const auto value = out_.duration(member.value, "for")) action.duration = *value;
    } else if (const auto text = out_.text(member.value, member.key)) {
      (member.key == "user" ? action.user : action.host) = *text;
    }
  }

  void read_actions(const YamlNode& node) {
    if (node.is_sequence()) {
      for (const YamlNode& item : node.items) read_action(item);
    } else {
      read_action(node);
    }
  }

  void read_action(const YamlNode& node) {
    const bool plain = node.is_scalar();
    if (!plain && !(node.is_map() && node.members.size() == 1)) {
      out_.error("rules-60", out_.at(node), "an action is a name, or a name with its options");
      return;
    }
    const std::string& name = plain ? node.text : node.members[0].key;
    if (name != "lock_account") {
      out_.error("rules-60", out_.at(node),
                 fmt::format("`{}` is no action; there is `lock_account`", base::printable(name)));
      return;
    }
    if (!result_.lock_account.empty()) {
      out_.error("rules-60", out_.at(node), "`lock_account` is there twice");
      return;
    }
    ActionRequest action = defaults_;
    if (!plain) {
      for (const Member& member : node.members[0].value.members) {
        if (member.key == "user" || member.key == "host" || member.key == "for") {
          read_option(member, action);
        } else {
          out_.unknown_key(member, "`lock_account`", {"user", "host", "for"});
        }
      }
    }
    result_.lock_account.push_back(std::move(action));
  }

  void read_tests(const YamlNode& node) {
    if (!node.is_sequence()) {
      out_.error("rules-62", out_.at(node), "`tests` must be a list");
      return;
    }
    for (const YamlNode& item : node.items) {
      if (item.is_map()) {
        read_test(item);
      } else {
        out_.error("rules-62", out_.at(item), "a test is a map with `lines` and what they give");
      }
    }
  }

  void read_test(const YamlNode& node) {
    static const std::vector<std::string_view> known = {"name",   "lines",    "match", "matches",
                                                        "alerts", "lockouts", "year",  "format"};
    RuleTest test;
    test.origin = out_.at(node);
    for (const Member& member : node.members) {
      const YamlNode& value = member.value;
      if (member.key == "name") {
        test.name = out_.text(value, "name").value_or("");
      } else if (member.key == "lines") {
        read_lines(value, test);
      } else if (member.key == "match") {
        test.match = out_.boolean(value, "match");
      } else if (member.key == "matches") {
        test.matches = count(value, "matches");
      } else if (member.key == "alerts") {
        test.alerts = count(value, "alerts");
      } else if (member.key == "lockouts") {
        test.lockouts = count(value, "lockouts");
      } else if (member.key == "year") {
        test.year = out_.integer(value, "year");
      } else if (member.key == "format") {
        test.format = out_.text(value, "format").value_or("auto");
      } else {
        out_.unknown_key(member, "a test", known);
      }
    }
    if (test.lines.empty()) out_.error("rules-62", out_.at(node), "the test has no `lines`");
    const auto states = [&](const char* key) { return node.find(key) != nullptr; };
    if (!states("match") && !states("matches") && !states("alerts") && !states("lockouts")) {
      out_.error("rules-62", out_.at(node),
                 "the test expects nothing: write match, matches, alerts or lockouts");
    }
    result_.tests.push_back(std::move(test));
  }

  // A list of lines, or one block of text.
  void read_lines(const YamlNode& node, RuleTest& test) {
    if (!node.is_scalar()) {
      test.lines = out_.texts(node, "lines").value_or(std::vector<std::string>{});
      return;
    }
    std::string_view rest = node.text;
    while (!rest.empty()) {
      const std::size_t newline = rest.find('\n');
      if (newline != 0) test.lines.emplace_back(rest.substr(0, newline));
      rest.remove_prefix(newline == std::string_view::npos ? rest.size() : newline + 1);
    }
  }

  std::optional<std::uint64_t> count(const YamlNode& node, std::string_view what) {
    const auto value = out_.integer(node, what);
    if (!value) return std::nullopt;
    if (*value >= 0) return static_cast<std::uint64_t>(*value);
    out_.error("rules-62", out_.at(node), fmt::format("`{}` must not be negative", what));
    return std::nullopt;
  }

  Diagnostics& out_;
  Extension result_;
  ActionRequest defaults_;
  const Member* option_ = nullptr;
};

}  // namespace

Extension read_extension(const YamlNode& document, Diagnostics& out) {
  const YamlNode* node = document.find("tocsin");
  if (node == nullptr) return {};
  if (!node->is_map()) {
    out.error("rules-63", out.at(*node), "`tocsin` must be a map");
    return {};
  }
  return Reader(out).read(*node);
}

}  // namespace tocsin::rules
