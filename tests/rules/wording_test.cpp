#include "rules/wording.hpp"

#include <gtest/gtest.h>

#include "rules/document.hpp"
#include "rules/formula.hpp"

namespace tocsin::rules {
namespace {

// What is asked by one item of a selection, in words.
std::string words_for(const std::string& item) {
  const base::SourceText source{
      "r.yml", "title: t\nlogsource: {product: p}\ndetection:\n  sel:\n    " + item +
                   "\n  condition: sel\n"};
  const Documents documents = read_documents({&source, 1});
  for (const base::Error& error : documents.errors) ADD_FAILURE() << base::to_string(error);
  if (documents.rules.empty()) return {};
  PredicatePool pool;
  event::FieldTable fields;
  static_cast<void>(formula_of(*documents.rules.front().detection, pool, fields));
  return sentence_of(words_of(pool[0], fields));
}

TEST(WordingTest, EachTestHasItsWords) {
  for (const auto& [item, words] : std::vector<std::pair<std::string, std::string>>{
           {"a: x", "is 'x'"},
           {"a: ''", "is ''"},
           {"a|cased: X", "is (in this case) 'X'"},
           {"a|startswith: x", "begins with 'x'"},
           {"a|endswith: '\\x'", "ends with '\\x'"},
           {"a|contains: x", "contains 'x'"},
           {"a: x*y?z", "fits 'x*y?z'"},
           {"a: '*'", "has a value"},
           {"a|re: 'x+'", "matches /x+/"},
           {"a|re|i: 'x+'", "matches /x+/i"},
           {"a: 5", "is 5"},
           {"a|gt: 5", "is more than 5"},
           {"a|gte: 5", "is at least 5"},
           {"a|lt: 5", "is less than 5"},
           {"a|lte: 5.5", "is at most 5.5"},
           {"a|hour|gte: 20", "has a time whose hour is at least 20"},
           {"a|cidr: 10.0.0.0/8", "is an address in 10.0.0.0/8"},
           {"a|cidr: 2001:db8::/32", "is an address in 2001:db8::/32"},
           {"a: null", "is missing or null"},
           {"a|exists: true", "is there"},
           {"a|fieldref: b", "is the value of b"},
           {"a|fieldref|endswith: b", "ends with the value of b"}}) {
    EXPECT_EQ(words_for(item), words) << item;
  }
}

}  // namespace
}  // namespace tocsin::rules
