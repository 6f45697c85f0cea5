#include "ingest/decode/rendered_text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "base/check.hpp"
#include "base/text.hpp"

namespace tocsin::ingest {

namespace {

// {channel, ids, stop, labels}, or {word, labels} for what several have in common.
struct Row {
  std::array<std::string_view, 4> texts;

  constexpr Row(std::string_view word, std::string_view labels) : texts{word, labels, {}, {}} {}
  constexpr Row(std::string_view channel, std::string_view ids, std::string_view stop,
                std::string_view labels)
      : texts{channel, ids, stop, labels} {}
  [[nodiscard]] bool is_word() const { return texts[3].empty(); }
};

constexpr Row rows[] = {
#include "ingest/decode/rendered_table.inc"
};

// What the message says in words where EventData has a code that rules ask for.
struct Translation {
  std::string_view field;
  std::string_view written;
  std::string_view code;
};

constexpr std::array<Translation, 9> translations = {{
    {"Direction", "Inbound", "%%14592"},
    {"Direction", "Outbound", "%%14593"},
    {"MandatoryLabel", "Mandatory Label\\Low Mandatory Level", "S-1-16-4096"},
    {"MandatoryLabel", "Mandatory Label\\Medium Mandatory Level", "S-1-16-8192"},
    {"MandatoryLabel", "Mandatory Label\\High Mandatory Level", "S-1-16-12288"},
    {"MandatoryLabel", "Mandatory Label\\System Mandatory Level", "S-1-16-16384"},
    {"OperationType", "New registry value created", "%%1904"},
    {"OperationType", "Existing registry value modified", "%%1905"},
    {"OperationType", "Registry value deleted", "%%1906"},
}};

template <typename Each>
void for_parts(std::string_view text, char separator, Each&& each) {
  while (!text.empty()) {
    const std::size_t end = text.find(separator);
    each(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

void add_labels(std::string_view text, std::vector<RenderedText::Label>& out) {
  for_parts(text, '|', [&](std::string_view part) {
    if (part.starts_with('@')) {
      const auto word = std::ranges::find_if(
          rows, [&](const Row& row) { return row.is_word() && row.texts[0] == part.substr(1); });
      CHECK(word != std::end(rows), "a word of the table that it explains");
      add_labels(word->texts[1], out);
      return;
    }
    const std::size_t equal = part.find('=');
    out.push_back({part.substr(0, equal),
                   equal == std::string_view::npos ? std::string_view() : part.substr(equal + 1)});
  });
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// A word of its own at the end of `text`.
bool ends_with_label(std::string_view text, std::string_view label) {
  return text.ends_with(label) &&
         (text.size() == label.size() || is_blank(text[text.size() - label.size() - 1]));
}

std::string_view translated(std::string_view field, std::string_view value) {
  for (const Translation& row : translations) {
    if (row.field == field && value.starts_with(row.written) &&
        (value.size() == row.written.size() || value.substr(row.written.size()) == "."))
      return row.code;
  }
  return value;
}

}  // namespace

RenderedText::RenderedText() {
  for (const Row& row : rows) {
    if (row.is_word()) continue;
    for_parts(row.texts[1], ' ', [&](std::string_view id) {
      Template made{base::parse_integer(id).value_or(0), row.texts[0], row.texts[2], {}};
      add_labels(row.texts[3], made.labels);
      templates_.push_back(std::move(made));
    });
  }
  std::ranges::stable_sort(templates_, {}, &Template::id);
}

void RenderedText::decode(std::string_view channel, std::int64_t id, std::string_view message,
                          BodyContext& context) const {
  auto found = std::ranges::lower_bound(templates_, id, {}, &Template::id);
  const std::string_view of = channel.substr(0, channel.find('/'));
  while (found != templates_.end() && found->id == id && found->channel != of) ++found;
  if (found == templates_.end() || found->id != id) return;
  if (!found->stop.empty()) message = message.substr(0, message.rfind(found->stop));

  const std::vector<Label>& labels = found->labels;
  std::size_t next = 0;  // labels before it are behind
  std::string_view field;
  std::size_t value = 0;
  const auto close = [&](std::size_t end) {
    const std::string_view text = trimmed(message.substr(value, end - value));
    if (!field.empty() && !text.empty()) context.add(field, translated(field, text));
  };
  for (std::size_t at = message.find(':'); at != std::string_view::npos && next < labels.size();
       at = message.find(':', at + 1)) {
    if (at + 1 < message.size() && !is_blank(message[at + 1])) continue;
    const std::string_view before = message.substr(value, at - value);
    // The longest: "Sub Status" is no "Status".
    std::size_t best = labels.size();
    for (std::size_t i = next; i < labels.size(); ++i) {
      if ((best == labels.size() || labels[i].text.size() > labels[best].text.size()) &&
          ends_with_label(before, labels[i].text))
        best = i;
    }
    if (best == labels.size()) continue;
    close(at - labels[best].text.size());
    field = labels[best].field;
    value = at + 1;
    next = best + 1;
  }
  close(message.size());
}

}  // namespace tocsin::ingest
