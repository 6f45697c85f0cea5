#include "rules/field_lint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <set>

#include "base/text.hpp"
#include "event/field.hpp"

namespace tocsin::rules {

namespace {

// So many rules of a log source have to ask for a field for it to be a common one.
constexpr std::size_t common = 3;
// One of so many characters is not taken for a misspelt other one.
constexpr std::size_t shortest = 4;
// From so many on, two slips are thought possible.
constexpr std::size_t long_name = 12;

void for_each_item(const Selection& selection, const std::function<void(const Item&)>& visit) {
  for (const Item& item : selection.items) visit(item);
  for (const Selection& part : selection.parts) for_each_item(part, visit);
}

// Edit distance with neighbours that changed places; limit + 1 where it is more than that.
std::size_t distance(std::string_view a, std::string_view b, std::size_t limit) {
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) > limit) return limit + 1;
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      now[j] =
          std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        now[j] = std::min(now[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

bool same_but_for_case(std::string_view a, std::string_view b) {
  return a != b && std::ranges::equal(a, b, [](unsigned char x, unsigned char y) {
           return std::tolower(x) == std::tolower(y);
         });
}

// The one of `candidates` that `field` may be a slip of the pen for.
std::string_view meant(std::string_view field, const std::vector<std::string_view>& candidates) {
  std::string_view best;
  std::size_t best_distance = field.size() < shortest ? 0 : field.size() < long_name ? 1 : 2;
  for (const std::string_view candidate : candidates) {
    if (same_but_for_case(field, candidate)) return candidate;
    const std::size_t far = distance(field, candidate, best_distance);
    // An added number or plural, as in DestinationIp and DestinationIp2, is a name of its own.
    const bool is_series = !field.empty() && std::isdigit(static_cast<unsigned char>(field.back()));
    if (far <= best_distance && far > 0 && !is_series && (best.empty() || far < best_distance)) {
      best = candidate;
      best_distance = far;
    }
  }
  return best;
}

bool names_one_of(const RuleDocument& rule, const std::vector<std::string_view>& fields) {
  bool found = false;
  for (const Selection& selection : rule.detection->selections) {
    for_each_item(selection, [&](const Item& item) {
      found = found || (item.field && std::ranges::find(fields, *item.field) != fields.end());
    });
  }
  return found;
}

// What every event may have, whatever decoder read it.
bool is_general(std::string_view field) {
  static const event::FieldTable general;
  return field == "@timestamp" || general.find(field).value < event::first_local_field;
}

}  // namespace

FieldLint::FieldLint(const Documents& documents, const std::vector<KnownFields>& known)
    : known_(known) {
  for (const RuleDocument& rule : documents.rules) {
    if (!rule.detection) continue;
    std::set<std::string_view> names;
    for (const Selection& selection : rule.detection->selections) {
      for_each_item(selection, [&](const Item& item) {
        if (item.field) names.insert(*item.field);
      });
    }
    Used& used = used_[event::to_string(rule.logsource)];
    for (const std::string_view name : names) ++used.rules_by_field[name];
  }
}

void FieldLint::look(const RuleDocument& rule, base::Errors& out) const {
  std::set<std::string_view> told;
  for (const Selection& selection : rule.detection->selections) {
    for_each_item(selection, [&](const Item& item) {
      if (item.field && told.insert(*item.field).second) look_at(rule, item, out);
    });
  }
}

void FieldLint::look_at(const RuleDocument& rule, const Item& item, base::Errors& out) const {
  const std::string& field = *item.field;
  if (is_general(field)) return;
  bool any = false, complete = true;
  std::vector<std::string_view> candidates;
  for (const KnownFields& known : known_) {
    if (!rule.logsource.covers(known.logsource)) continue;
    if (known.fields.contains(field)) return;
    any = true;
    complete = complete && known.complete;
    candidates.insert(candidates.end(), known.fields.begin(), known.fields.end());
  }
  const auto warn = [&](const std::string& sentence) {
    out.push_back({"rules-104", sentence, item.place.in(rule.metadata.origin.name)});
  };
  const std::string name = base::printable(field);
  if (any && complete) {
    const std::string_view near = meant(field, candidates);
    // A rule of which the decoders know no field is written in other names; mappings bring it here.
    if (near.empty() && !names_one_of(rule, candidates)) return;
    warn(fmt::format("no decoder gives events of this log source a field `{}`{}", name,
                     near.empty() ? "" : fmt::format("; did you mean `{}`?", near)));
    return;
  }
  const std::string near = near_common(rule, field);
  if (!near.empty()) {
    warn(fmt::format("no other rule of this log source asks for `{}`; did you mean `{}`?", name,
                     base::printable(near)));
  }
}

std::string FieldLint::near_common(const RuleDocument& rule, std::string_view field) const {
  const Used& used = used_.at(event::to_string(rule.logsource));
  if (used.rules_by_field.at(field) > 1) return {};
  std::vector<std::string_view> candidates;
  for (const auto& [name, rules] : used.rules_by_field) {
    if (rules >= common) candidates.push_back(name);
  }
  return std::string(meant(field, candidates));
}

}  // namespace tocsin::rules
