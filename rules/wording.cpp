#include "rules/wording.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>

namespace tocsin::rules {

namespace {

std::string quoted(std::string_view text) { return fmt::format("'{}'", text); }

std::string text_of(const Number& number) {
  return number.is_whole ? std::to_string(number.whole) : fmt::format("{}", number.real);
}

std::string text_of(const Network& network) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(network.address.v6 ? AF_INET6 : AF_INET, network.address.bytes.data(), text.data(),
              text.size());
  return fmt::format("{}/{}", text.data(), network.bits);
}

std::string text_of(const Regex& regex) {
  return fmt::format("/{}/{}{}{}", regex.text, regex.ignore_case ? "i" : "",
                     regex.multiline ? "m" : "", regex.dot_all ? "s" : "");
}

// "is" of a value, "has an hour that is" of a part of a time.
std::string on_part(DatePart part, std::string_view operation) {
  constexpr std::array<std::string_view, 7> names = {"",     "minute", "hour", "day",
                                                     "week", "month",  "year"};
  if (part == DatePart::none) return std::string(operation);
  return fmt::format("has a time whose {} {}", names[static_cast<std::size_t>(part)], operation);
}

std::string_view words_of(Comparison comparison) {
  switch (comparison) {
    case Comparison::lt:
      return "is less than";
    case Comparison::lte:
      return "is at most";
    case Comparison::gt:
      return "is more than";
    case Comparison::gte:
      break;
  }
  return "is at least";
}

std::string_view words_of(Relation relation) {
  switch (relation) {
    case Relation::equals:
      return "is";
    case Relation::begins_with:
      return "begins with";
    case Relation::ends_with:
      return "ends with";
    case Relation::contains:
      break;
  }
  return "contains";
}

}  // namespace

Words words_of(const Predicate& predicate, const event::FieldTable& fields) {
  const auto text = [&](std::string_view operation, std::string wanted) {
    return Words{std::string(operation) + (predicate.cased ? " (in this case)" : ""),
                 std::move(wanted)};
  };
  switch (predicate.test) {
    case Test::equal:
      return text("is", quoted(predicate.text));
    case Test::prefix:
      return text("begins with", quoted(predicate.text));
    case Test::suffix:
      return text("ends with", quoted(predicate.text));
    case Test::contains:
      return text("contains", quoted(predicate.text));
    case Test::wildcard:
      return text("fits", quoted(to_string(predicate.pattern)));
    case Test::present:
      return {"has a value", ""};
    case Test::regex:
      return {"matches", text_of(predicate.regex)};
    case Test::number:
      return {on_part(predicate.date_part, "is"), text_of(predicate.number)};
    case Test::comparison:
      return {on_part(predicate.date_part, words_of(predicate.comparison)),
              text_of(predicate.number)};
    case Test::network:
      return {"is an address in", text_of(predicate.network)};
    case Test::exists:
      return {"is there", ""};
    case Test::null:
      return {"is missing or null", ""};
    case Test::reference:
      return text(words_of(predicate.relation),
                  fmt::format("the value of {}", fields.name(predicate.other)));
  }
  return {};
}

std::string sentence_of(const Words& words) {
  return words.wanted.empty() ? words.operation : words.operation + ' ' + words.wanted;
}

}  // namespace tocsin::rules
