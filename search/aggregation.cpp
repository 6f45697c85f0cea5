#include "search/aggregation.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/time.hpp"

namespace tocsin::search {

namespace {

constexpr char missing = 0;
constexpr char present = 1;
constexpr std::uint64_t sign_bit = std::uint64_t{1} << 63U;

// A finite number; text that only begins like one is none.
std::optional<double> number_of(std::string_view value) {
  const auto number = base::parse_number(value);
  if (!number || !std::isfinite(*number)) return std::nullopt;
  return number;
}

Cell number_cell(const std::string& name, double number) {
  return {name, number_text(number), event::ValueKind::number};
}

void take_bounds(std::optional<std::string>& least, std::optional<std::string>& greatest,
                 std::string_view value) {
  if (!least || value < *least) least = std::string(value);
  if (!greatest || value > *greatest) greatest = std::string(value);
}

}  // namespace

Aggregation::Aggregation(const Stage& stage, const std::vector<FieldName>& fields)
    : stage_(stage), fields_(fields) {}

bool Aggregation::only_counts(const Stage& stage) {
  return stage.span.count() == 0 && stage.fields.empty() &&
         std::ranges::none_of(stage.aggregates, [](const Aggregate& aggregate) {
           return aggregate.field.has_value();
         });
}

void Aggregation::append_bar(std::int64_t time) {
  const std::int64_t span = stage_.span.count();
  std::int64_t bar = time / span;
  if (time % span < 0) --bar;
  const std::uint64_t shown = static_cast<std::uint64_t>(bar * span) ^ sign_bit;
  for (int shift = 56; shift >= 0; shift -= 8) key_ += static_cast<char>(shown >> shift & 0xFFU);
}

void Aggregation::append_value(std::string_view value) {
  key_ += present;
  for (const char c : value) {
    key_ += c;
    if (c == '\0') key_ += '\2';
  }
  key_ += '\0';
  key_ += '\1';
}

void Aggregation::append_missing() { key_ += missing; }

bool Aggregation::keep(std::size_t more) {
  kept_ += more;
  if (kept_ > max_values) overflow_ = true;
  return !overflow_;
}

Aggregation::Figures* Aggregation::group() {
  const auto found = groups_.find(key_);
  if (found != groups_.end()) return &found->second;
  if (groups_.size() >= max_groups) {
    overflow_ = true;
    return nullptr;
  }
  Figures& figures = groups_[key_];
  figures.of.resize(stage_.aggregates.size());
  return &figures;
}

void Aggregation::add_count(std::uint64_t count) {
  key_.clear();
  if (count == 0) return;
  if (Figures* figures = group()) {
    for (Figure& figure : figures->of) figure.count += count;
  }
}

void Aggregation::add_value(Function function, Figure& figure, std::string_view value) {
  switch (function) {
    case Function::count:
      ++figure.count;
      return;
    case Function::distinct:
      if (!overflow_ && figure.distinct.insert(std::string(value)).second) keep(1);
      return;
    default:
      break;
  }
  const auto number = number_of(value);
  if (!number) {
    if (function == Function::least || function == Function::greatest)
      take_bounds(figure.least_text, figure.greatest_text, value);
    return;
  }
  figure.least = figure.count == 0 ? *number : std::min(figure.least, *number);
  figure.greatest = figure.count == 0 ? *number : std::max(figure.greatest, *number);
  ++figure.count;
  figure.sum += *number;
  if (function == Function::percentile && keep(1)) figure.numbers.push_back(*number);
}

void Aggregation::merge(Function function, Figure& into, const Figure& from) {
  if (from.count > 0 && function != Function::count) {
    into.least = into.count == 0 ? from.least : std::min(into.least, from.least);
    into.greatest = into.count == 0 ? from.greatest : std::max(into.greatest, from.greatest);
  }
  into.count += from.count;
  into.sum += from.sum;
  if (from.least_text) take_bounds(into.least_text, into.greatest_text, *from.least_text);
  if (from.greatest_text) take_bounds(into.least_text, into.greatest_text, *from.greatest_text);
  for (const std::string& value : from.distinct) {
    if (!overflow_ && into.distinct.insert(value).second) keep(1);
  }
  if (keep(from.numbers.size()))
    into.numbers.insert(into.numbers.end(), from.numbers.begin(), from.numbers.end());
}

void Aggregation::merge(const Aggregation& other) {
  overflow_ = overflow_ || other.overflow_;
  for (const auto& [key, figures] : other.groups_) {
    key_ = key;
    Figures* into = group();
    if (into == nullptr) return;
    for (std::size_t i = 0; i < stage_.aggregates.size(); ++i)
      merge(stage_.aggregates[i].function, into->of[i], figures.of[i]);
  }
}

Cell Aggregation::cell(const Aggregate& aggregate, const Figure& figure) const {
  const Cell none{aggregate.name, "", event::ValueKind::null};
  switch (aggregate.function) {
    case Function::count:
      return {aggregate.name, std::to_string(figure.count), event::ValueKind::number};
    case Function::distinct:
      return {aggregate.name, std::to_string(figure.distinct.size()), event::ValueKind::number};
    case Function::sum:
      return figure.count == 0 ? none : number_cell(aggregate.name, figure.sum);
    case Function::average:
      return figure.count == 0
                 ? none
                 : number_cell(aggregate.name, figure.sum / static_cast<double>(figure.count));
    case Function::least:
      if (figure.count > 0) return number_cell(aggregate.name, figure.least);
      return figure.least_text ? Cell{aggregate.name, *figure.least_text, {}} : none;
    case Function::greatest:
      if (figure.count > 0) return number_cell(aggregate.name, figure.greatest);
      return figure.greatest_text ? Cell{aggregate.name, *figure.greatest_text, {}} : none;
    case Function::percentile: {
      if (figure.numbers.empty()) return none;
      std::vector<double> sorted = figure.numbers;
      const double place = std::ceil(aggregate.percent / 100 * static_cast<double>(sorted.size()));
      const auto rank = static_cast<std::ptrdiff_t>(std::max(place, 1.0)) - 1;
      std::nth_element(sorted.begin(), sorted.begin() + rank, sorted.end());
      return number_cell(aggregate.name, sorted[static_cast<std::size_t>(rank)]);
    }
  }
  return none;
}

Row Aggregation::row(std::string_view key, const Figures& figures) const {
  Row out;
  std::size_t at = 0;
  if (stage_.span.count() > 0) {
    std::uint64_t shown = 0;
    for (; at < 8; ++at) shown = shown << 8U | static_cast<unsigned char>(key[at]);
    out.time = base::EventTime(static_cast<std::int64_t>(shown ^ sign_bit));
    out.cells.push_back({"@timestamp", base::format_rfc3339(out.time.value), {}});
  }
  for (const FieldNumber field : stage_.fields) {
    Cell cell{fields_[field].name, "", event::ValueKind::null};
    if (key[at++] == present) {
      cell.kind = event::ValueKind::text;
      for (; key[at] != '\0' || key[at + 1] != '\1'; ++at) {
        cell.value += key[at];
        if (key[at] == '\0') ++at;
      }
      at += 2;
    }
    out.cells.push_back(std::move(cell));
  }
  for (std::size_t i = 0; i < stage_.aggregates.size(); ++i)
    out.cells.push_back(cell(stage_.aggregates[i], figures.of[i]));
  return out;
}

std::vector<Row> Aggregation::rows() const {
  std::vector<const std::pair<const std::string, Figures>*> sorted;
  sorted.reserve(groups_.size());
  for (const auto& group : groups_) sorted.push_back(&group);
  std::ranges::sort(sorted, [](const auto* a, const auto* b) { return a->first < b->first; });
  std::vector<Row> out;
  out.reserve(sorted.size());
  for (const auto* group : sorted) out.push_back(row(group->first, group->second));
  // Without groups there is one answer, though nothing was found.
  if (out.empty() && stage_.fields.empty() && stage_.span.count() == 0) {
    Figures nothing;
    nothing.of.resize(stage_.aggregates.size());
    out.push_back(row({}, nothing));
  }
  return out;
}

}  // namespace tocsin::search
