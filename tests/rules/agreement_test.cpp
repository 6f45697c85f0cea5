// The fast matcher says what the slow one says, on rules and events made up at the edges: escapes,
// wildcards, folding, empties, nulls, repeated fields, numbers, encodings, placeholders, constants
// of shapes. TOCSIN_LONG=1 compares a million pairs.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <random>

#include "rules/matcher.hpp"
#include "tests/reference/slow_matcher.hpp"

namespace tocsin::rules {
namespace {

using reference::SlowEvent;
using reference::SlowField;

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class Maker {
 public:
  explicit Maker(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t count) { return random_() % count; }
  bool chance(std::size_t one_in) { return below(one_in) == 0; }
  template <typename T, std::size_t N>
  const T& pick(const T (&list)[N]) {
    return list[below(N)];
  }

  // Short pieces that meet each other often.
  std::string piece() {
    static const char* const pieces[] = {"a",
                                         "A",
                                         "b",
                                         "B",
                                         "ab",
                                         "aB",
                                         "abc",
                                         "x",
                                         "",
                                         " ",
                                         "-",
                                         "/",
                                         "\\",
                                         "*",
                                         "?",
                                         "\xC3\xA9",
                                         "\xC3\x89",
                                         "K",
                                         "k",
                                         "\xE2\x84\xAA",
                                         "s",
                                         "\xC5\xBF",
                                         "\xC3\x9F",
                                         "\xE1\xBA\x9E",
                                         "\xD0\x96",
                                         "\xD0\xB6",
                                         "\xF0\x9F\x98\x80",
                                         "\n",
                                         "0",
                                         "5",
                                         ".",
                                         "\xCF\x83",  // sigma, final sigma, capital sigma
                                         "\xCF\x82",
                                         "\xCE\xA3",
                                         "\xC4\xB0",  // dotted I, dotless i
                                         "\xC4\xB1",
                                         "\xE2\x84\xAB",  // Angstrom, a with a ring
                                         "\xC3\xA5",
                                         "\xC7\x85",      // a title case letter
                                         "\xEA\xAD\xB0",  // Cherokee small and capital
                                         "\xE1\x8E\xA0",
                                         " -a",
                                         " /a",
                                         "\xE2\x80\x93",
                                         "%",
                                         "%L%"};
    return pick(pieces);
  }
  std::string text() {
    static const char* const whole[] = {"",
                                        "0",
                                        "5",
                                        "5.0",
                                        "05",
                                        "-1",
                                        "1e3",
                                        "1000",
                                        "5 ",
                                        "true",
                                        "false",
                                        "null",
                                        "10.0.0.1",
                                        "10.1.2.3",
                                        "::1",
                                        "2001:db8::5",
                                        "::ffff:10.0.0.1",
                                        "9007199254740993",
                                        "9007199254740992",
                                        "-0",
                                        "0.5",
                                        ".5",
                                        "0x5",
                                        "C:\\Windows\\cmd.exe",
                                        "cmd.exe",
                                        "CMD.EXE",
                                        "10",
                                        "inf",
                                        "nan",
                                        "1e999",
                                        "2026-01-05",
                                        "2026-01-05T10:05:00Z",
                                        "2020-12-31 23:59:59.5",
                                        "2021-01-05x",
                                        "2026-13-01",
                                        "YWI=",
                                        "YWJj",
                                        "xFiYx"};
    if (chance(3)) return pick(whole);
    std::string out;
    for (std::size_t i = below(5); i > 0; --i) out += piece();
    return out;
  }
  // As an event may have it: also bytes that are no UTF-8.
  std::string event_text() {
    using namespace std::string_literals;
    static const std::string wide[] = {"a\0b\0"s, "\0a\0b"s, "\xFF\xFE\x61\0\x62\0"s, "\xE9\0"s};
    if (chance(30)) return pick(wide);
    std::string out = text();
    if (chance(15)) out.insert(below(out.size() + 1), chance(2) ? "\xFF" : "\xE2\x82");
    if (chance(40)) out += std::string(70 + below(200), 'a') + piece();
    // Whether `$` and `^` hold around a line feed at the very end, PCRE and RE2 answer differently.
    if (out.ends_with('\n')) out += 'x';
    return out;
  }

  std::string field() {
    static const char* const fields[] = {"f", "g", "h", "constant", "F"};
    return pick(fields);
  }

  // As Sigma text: special characters sometimes escaped, wildcards put in.
  std::string sigma_text() {
    std::string out;
    for (const char c : text()) {
      const bool is_start = (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
      if (is_start && chance(8)) out += chance(2) ? "*" : "?";
      if ((c == '*' || c == '?' || c == '\\') && !chance(3)) out += '\\';
      out += c;
    }
    if (chance(8)) out.insert(0, "*");
    return out;
  }

  static std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      if (c == '\n') {
        out += "\\n";
      } else {
        out += c;
      }
    }
    return out + "\"";
  }

  std::string list_of(std::string (Maker::*value)()) {
    if (!chance(3)) return (this->*value)();
    std::string out = "[";
    for (std::size_t i = 1 + below(4); i > 0; --i) out += (this->*value)() + (i > 1 ? ", " : "");
    return out + "]";
  }
  std::string string_value() { return quoted(sigma_text()); }
  std::string plain_value() {
    static const char* const odd[] = {
        "5", "5.0", "-1", "1000", "0.5", "null", "true", "''", "9007199254740993"};
    return chance(3) ? pick(odd) : string_value();
  }
  std::string number_value() {
    static const char* const numbers[] = {"0", "5", "-1", "1000", "0.5", "9007199254740992"};
    return pick(numbers);
  }
  std::string network_value() {
    static const char* const networks[] = {"10.0.0.0/8", "10.0.0.0/24", "10.0.0.1/32",
                                           "0.0.0.0/0",  "::/0",        "2001:db8::/32",
                                           "::1/128"};
    return pick(networks);
  }
  std::string regex_value() {
    static const char* const expressions[] = {
        "'a'",    "'^a'",       "'b$'",  "'a.b'", "'[a-c]+x'", "'^.$'",  "'^..$'", "'(?i)ab'",
        "'\\d+'", "'\xC3\xA9'", "'a|x'", "'^$'",  "'a?b*'",    "'\\\\'", "'[^a]'", "'(a|b){2,3}'"};
    return pick(expressions);
  }

  // Modifiers that make several texts of one, or other bytes.
  std::string encoded(const std::string& name) {
    static const char* const ways[] = {"|windash",
                                       "|windash|contains",
                                       "|wide",
                                       "|utf16le|contains",
                                       "|utf16be",
                                       "|utf16",
                                       "|base64",
                                       "|base64offset|contains",
                                       "|wide|base64offset|contains",
                                       "|windash|contains|all",
                                       "|base64|cased",
                                       "|windash|endswith|neq"};
    static const char* const values[] = {"'-a'", "'/a'", "' -a /b'", "ab", "abc", "a", "\xC3\xA9"};
    const std::string value = pick(values);
    return name + pick(ways) + ": " + (chance(3) ? "[" + value + ", " + pick(values) + "]" : value);
  }
  // With value lists, of which one is empty.
  std::string expanded(const std::string& name) {
    static const char* const ways[] = {"",         "|contains", "|startswith", "|cased",
                                       "|windash", "|neq",      "|all",        "|contains|all"};
    static const char* const values[] = {"'%L%'",  "'%M%'",     "'%E%'", "'%L%%M%'", "'x%L%'",
                                         "'*%M%'", "'\\%L\\%'", "'%'",   "'%L%.%E%'"};
    if (chance(6)) return name + "|re|expand: '^(%L%|%M%)" + (chance(2) ? "'" : "$'");
    if (chance(6)) return name + "|expand|cidr: '%N%'";
    const std::string value = pick(values);
    return name + "|expand" + pick(ways) + ": " +
           (chance(3) ? "[" + value + ", " + pick(values) + "]" : value);
  }

  std::string item() {
    std::string name = field();
    const char* const texts[] = {"", "|contains", "|startswith", "|endswith", "|contains|windash"};
    switch (below(12)) {
      case 11: {
        static const char* const relations[] = {"", "|contains", "|startswith", "|endswith"};
        return name + "|fieldref" + pick(relations) + (chance(4) ? "|cased" : "") +
               (chance(4) ? "|neq" : "") + ": " + list_of(&Maker::field);
      }
      case 10: {
        static const char* const parts[] = {"|minute", "|hour", "|day", "|week", "|month", "|year"};
        static const char* const bounds[] = {"", "|lt", "|gte"};
        static const char* const values[] = {"1", "2", "5", "10", "23", "53", "2026"};
        return name + pick(parts) + pick(bounds) + ": " + pick(values);
      }
      case 0:
        return name + "|exists: " + (chance(2) ? "true" : "false");
      case 1: {
        static const char* const bounds[] = {"|lt", "|lte", "|gt", "|gte"};
        return name + pick(bounds) + ": " + list_of(&Maker::number_value);
      }
      case 2:
        return name + "|cidr: " + list_of(&Maker::network_value);
      case 3: {
        static const char* const flags[] = {"",     "|i",          "|s",       "|m",
                                            "|i|s", "|startswith", "|endswith"};
        return name + "|re" + pick(flags) + (chance(6) ? "|all" : "") + ": " +
               list_of(&Maker::regex_value);
      }
      case 4:
        return name + (chance(3) ? "|neq" : "") + ": " + list_of(&Maker::plain_value);
      default:
        break;
    }
    if (chance(15)) return name + ": []";
    if (chance(8)) return encoded(name);
    if (chance(8)) return expanded(name);
    if (chance(20)) return name + ": [null, " + string_value() + "]";
    return name + pick(texts) + (chance(6) ? "|cased" : "") + (chance(5) ? "|all" : "") +
           (chance(8) ? "|neq" : "") + ": " + list_of(&Maker::string_value);
  }

  std::string selection() {
    std::string out;
    if (chance(8)) {
      for (std::size_t i = 1 + below(3); i > 0; --i) out += "\n      - " + string_value();
      return out + "\n";
    }
    if (chance(12)) return "\n      '|all': [" + string_value() + ", " + string_value() + "]\n";
    const bool list = chance(6);
    std::vector<std::string> seen;
    for (std::size_t i = 1 + below(3); i > 0; --i) {
      const std::string one = item();
      const std::string key = one.substr(0, one.find(':'));
      if (std::ranges::find(seen, key) != seen.end()) continue;
      seen.push_back(key);
      out += (list ? "\n      - " : "\n      ") + one;
    }
    if (list && chance(3)) out += "\n      - " + string_value();
    return out + "\n";
  }

  std::string condition(unsigned depth) {
    static const char* const atoms[] = {"sel1",        "sel2",      "other",      "1 of sel*",
                                        "all of sel*", "1 of them", "all of them"};
    if (depth == 0 || chance(3)) return (chance(4) ? "not " : "") + std::string(pick(atoms));
    const std::string inner =
        condition(depth - 1) + (chance(2) ? " and " : " or ") + condition(depth - 1);
    return chance(3) ? "not (" + inner + ")" : chance(2) ? "(" + inner + ")" : inner;
  }

  std::string detection() {
    return "    sel1:" + selection() + "    sel2:" + selection() + "    other:" + selection() +
           "    condition: " + condition(2) + "\n";
  }
  std::string rule(std::size_t number) {
    static const char* const logsources[] = {"{product: p}", "{product: p, service: s}",
                                             "{category: c}"};
    return fmt::format(
        "---\ntitle: rule {0}\nid: 00000000-0000-0000-0000-{0:012}\nlogsource: "
        "{1}\ndetection:\n{2}",
        number, pick(logsources), detection());
  }
  std::string filter(std::size_t rules) {
    return fmt::format(
        "---\ntitle: filter\nlogsource: {{product: p}}\nfilter:\n"
        "    rules: [00000000-0000-0000-0000-{:012}]\n{}",
        below(rules), detection());
  }

  SlowEvent event() {
    SlowEvent out;
    static const event::Logsource known[] = {{"c", "p", ""}, {"", "p", "s"}, {"c", "", ""}};
    out.logsources = {pick(known)};
    if (chance(4)) out.logsources.push_back(pick(known));
    for (std::size_t i = below(6); i > 0; --i) {
      SlowField field_made{chance(12) ? "unknown to rules" : field(), event_text(), chance(15)};
      if (field_made.is_null) field_made.value = "null";
      out.fields.push_back(std::move(field_made));
    }
    out.raw = chance(3) ? event_text() : "raw";
    return out;
  }

 private:
  std::mt19937_64 random_;
};

// Two constants of a shape, the same in every event of it.
struct Shape {
  std::vector<SlowField> fields;
  std::vector<event::Field> constants;
  event::LogsourceId logsource;
  std::vector<event::Logsource> logsources;
};

class Round {
 public:
  Round(Maker& maker, std::size_t rules, std::size_t events) : maker_(maker) {
    for (std::size_t i = 0; i < rules; ++i) source_.text += maker.rule(i);
    if (maker.chance(2)) source_.text += maker.filter(rules);
    for (std::size_t i = 0; i < 4; ++i) {
      Shape shape;
      for (const char* name : {"constant", "g"}) {
        if (maker.chance(2)) shape.fields.push_back({name, maker.event_text(), maker.chance(20)});
      }
      const SlowEvent like = maker.event();
      shape.logsources = like.logsources;
      shapes_.push_back(std::move(shape));
    }
    for (std::size_t i = 0; i < events; ++i) add_event();
  }

  // How many pairs were compared; failures are reported with rule and event.
  std::size_t compare() {
    static const base::SourceText lists{
        "lists.yml",
        "lists: {L: [a, 'b*', '\xC3\xA9'], M: ['', 'x?', '%L%'], E: [], N: [10.0.0.0/8, '::/1']}"};
    auto loaded = RuleSet::load({&source_, 1}, fields_, {}, {&lists, 1});
    for (const base::Error& error : loaded.errors)
      ADD_FAILURE() << base::to_string(error) << "\n" << source_.text;
    base::Errors list_errors;
    const Documents documents =
        read_documents({&source_, 1}, ValueLists::read({&lists, 1}, list_errors));
    const reference::SlowMatcher slow(documents);
    fill_batch();
    Matcher matcher(loaded.rules, logsources_, fields_);
    matcher.match(batch_);
    matcher.match(batch_);  // once more, from the cache and with all plans made
    const std::size_t half = batch_.detections.size() / 2;
    std::size_t at = 0, again = half;
    for (std::size_t i = 0; i < events_.size(); ++i) {
      std::vector<std::string> fast, cached;
      for (; at < half && batch_.detections[at].event == i; ++at)
        fast.push_back((*loaded.rules)[batch_.detections[at].rule].id);
      for (; again < batch_.detections.size() && batch_.detections[again].event == i; ++again)
        cached.push_back((*loaded.rules)[batch_.detections[again].rule].id);
      const std::vector<std::string> expected = slow.match(events_[i].event);
      EXPECT_EQ(fast, cached) << describe(i);
      EXPECT_EQ(fast, expected) << describe(i);
      met_ += expected.size();
    }
    return events_.size() * documents.rules.size();
  }
  [[nodiscard]] std::size_t met() const { return met_; }

 private:
  struct Made {
    SlowEvent event;
    std::size_t shape = 0;  // 0: none, else shapes_[shape - 1]
    std::size_t own = 0;    // fields before the constants
  };

  void add_event() {
    Made made{maker_.event(), maker_.below(shapes_.size() + 1), 0};
    made.own = made.event.fields.size();
    if (made.shape != 0) {
      Shape& shape = shapes_[made.shape - 1];
      // Mostly, no own field has the name of a constant.
      if (!maker_.chance(5)) {
        std::erase_if(made.event.fields, [&](const SlowField& field) {
          return std::ranges::find(shape.fields, field.name, &SlowField::name) !=
                 shape.fields.end();
        });
        made.own = made.event.fields.size();
      }
      made.event.fields.insert(made.event.fields.end(), shape.fields.begin(), shape.fields.end());
      made.event.logsources = shape.logsources;
    }
    events_.push_back(std::move(made));
  }

  event::Field field_of(const SlowField& field) {
    event::FieldId id = fields_.find(field.name);
    if (id == event::FieldTable::unknown) {
      batch_.local_names.push_back(field.name);
      id = event::FieldId(
          static_cast<std::uint16_t>(event::first_local_field + batch_.local_names.size() - 1));
    }
    return {id, field.value, field.is_null ? event::ValueKind::null : event::ValueKind::text};
  }

  void fill_batch() {
    for (Shape& shape : shapes_) {
      for (const SlowField& field : shape.fields) shape.constants.push_back(field_of(field));
      shape.logsource = logsources_.intern(shape.logsources);
    }
    for (const Made& made : events_)
      batch_.add_frame(made.event.raw, event::SourceId(0), base::ReceivedTime(0));
    for (const Made& made : events_) {
      event::Event event;
      event.logsource = logsources_.intern(made.event.logsources);
      event.first_field = static_cast<std::uint32_t>(batch_.fields.size());
      event.field_count = static_cast<std::uint16_t>(made.own);
      for (std::size_t i = 0; i < made.own; ++i)
        batch_.fields.push_back(field_of(made.event.fields[i]));
      if (made.shape != 0) {
        const Shape& shape = shapes_[made.shape - 1];
        event.shape = event::ShapeId(static_cast<std::uint32_t>(made.shape));
        event.constants = shape.constants.data();
        event.constant_count = static_cast<std::uint16_t>(shape.constants.size());
      }
      batch_.events.push_back(event);
    }
  }

  [[nodiscard]] std::string describe(std::size_t index) const {
    const Made& made = events_[index];
    std::string out = fmt::format("shape {} raw {}\n", made.shape, Maker::quoted(made.event.raw));
    for (const SlowField& field : made.event.fields)
      out += fmt::format("  {}: {}{}\n", field.name, Maker::quoted(field.value),
                         field.is_null ? " (null)" : "");
    return out + source_.text;
  }

  Maker& maker_;
  base::SourceText source_{"made.yml", ""};
  std::vector<Shape> shapes_;
  std::vector<Made> events_;
  event::FieldTable fields_;
  event::LogsourceTable logsources_;
  event::Batch batch_;
  std::size_t met_ = 0;
};

TEST(AgreementTest, FastAndSlowMatcherAgree) {
  const char* is_long = std::getenv("TOCSIN_LONG");
  const std::uint64_t wanted =
      number_from("TOCSIN_PAIRS", is_long != nullptr && *is_long == '1' ? 1'000'000 : 60'000);
  const std::uint64_t seed = number_from(
      "TOCSIN_SEED",
      static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()));
  std::printf("TOCSIN_SEED=%llu\n", static_cast<unsigned long long>(seed));
  Maker maker(seed);
  std::uint64_t pairs = 0, met = 0;
  while (pairs < wanted) {
    Round round(maker, 1 + maker.below(30), 100);
    pairs += round.compare();
    met += round.met();
    if (::testing::Test::HasFailure()) break;
  }
  std::printf("%llu pairs, %llu of them met\n", static_cast<unsigned long long>(pairs),
              static_cast<unsigned long long>(met));
  // A generator whose rules never, or always, meet would prove nothing.
  EXPECT_GT(met * 20, pairs);
  EXPECT_LT(met * 20, pairs * 19);
}

}  // namespace
}  // namespace tocsin::rules
