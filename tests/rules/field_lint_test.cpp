#include "rules/field_lint.hpp"

#include <gtest/gtest.h>

namespace tocsin::rules {
namespace {

using Told = std::vector<std::string>;

// The warnings of rules that ask for these fields, one rule each.
Told told(const std::vector<std::string>& fields, const std::vector<KnownFields>& known = {}) {
  std::string text;
  for (const std::string& field : fields) {
    text +=
        "---\ntitle: t\nlogsource: {product: p, service: s}\n"
        "detection: {sel: {" +
        field + ": x}, condition: sel}\n";
  }
  const base::SourceText source{"r.yml", text};
  const Documents documents = read_documents({&source, 1});
  for (const base::Error& error : documents.errors) ADD_FAILURE() << base::to_string(error);
  const FieldLint lint(documents, known);
  base::Errors out;
  for (const RuleDocument& rule : documents.rules) lint.look(rule, out);
  Told sentences;
  for (const base::Error& warning : out) {
    EXPECT_EQ(warning.code, "rules-104");
    sentences.push_back(warning.sentence);
  }
  return sentences;
}

TEST(FieldLintTest, AFieldThatIsNearlyACommonOneIsTakenForASlip) {
  const auto with = [](const std::string& field) {
    return told({"CommandLine", "CommandLine", "CommandLine", field});
  };
  const auto meant = [](const std::string& field) {
    return Told{"no other rule of this log source asks for `" + field +
                "`; did you mean `CommandLine`?"};
  };
  EXPECT_EQ(with("CommandLin"), meant("CommandLin"));
  EXPECT_EQ(with("CommnadLine"), meant("CommnadLine"));
  EXPECT_EQ(with("commandline"), meant("commandline"));
  EXPECT_EQ(with("CommandLine|contains"), Told());
  EXPECT_EQ(with("CommandLine2"), Told()) << "a name of a series";
  EXPECT_EQ(with("ParentCommandLine"), Told());
  EXPECT_EQ(told({"CommandLine", "CommandLine", "CommandLin"}), Told()) << "two make no custom";
  EXPECT_EQ(told({"Com", "Com", "Com", "Con"}), Told()) << "too short to tell";
}

TEST(FieldLintTest, WhereDecodersNameAllFieldsAnotherOneIsTooMany) {
  KnownFields known;
  known.logsource = {"", "p", "s"};
  known.fields = {"user.name", "process.command"};
  known.complete = true;
  EXPECT_EQ(told({"user.name", "message", "'@timestamp'"}, {known}), Told());
  EXPECT_EQ(told({"user.nmae"}, {known}),
            Told{"no decoder gives events of this log source a field `user.nmae`; did you mean "
                 "`user.name`?"});
  EXPECT_EQ(told({"user.name: y, colour"}, {known}),
            Told{"no decoder gives events of this log source a field `colour`"});
  EXPECT_EQ(told({"colour"}, {known}), Told()) << "a rule in names of its own";
  known.complete = false;
  EXPECT_EQ(told({"user.name: y, colour"}, {known}), Told()) << "a body may have any";
  known.complete = true;
  known.logsource = {"", "p", "other"};
  EXPECT_EQ(told({"user.name: y, colour"}, {known}), Told()) << "another log source";
}

}  // namespace
}  // namespace tocsin::rules
