#include "cli/alert_arguments.hpp"

#include <gtest/gtest.h>

#include "cli/arguments.hpp"

namespace tocsin::cli {
namespace {

using What = AlertsCommand::What;
using event::AlertAction;

AlertsCommand parsed(std::vector<std::string> words) {
  words.insert(words.begin(), "alerts");
  const auto result = parse_arguments(words);
  const auto* command = std::get_if<Command>(&result);
  if (command == nullptr) {
    ADD_FAILURE() << std::get<Answer>(result).text;
    return {};
  }
  return std::get<AlertsCommand>(*command);
}

std::string refused(std::vector<std::string> words) {
  words.insert(words.begin(), "alerts");
  const auto result = parse_arguments(words);
  const auto* answer = std::get_if<Answer>(&result);
  if (answer == nullptr) return "";
  EXPECT_EQ(answer->code, exit_code::usage);
  return answer->text;
}

TEST(AlertArguments, TheListIsFiltered) {
  const AlertsCommand list =
      parsed({"list", "--status", "in_progress", "--assignee", "bob", "--tag", "vpn", "--entity",
              "user.name=bob", "--rule", "r", "--from", "a", "--to", "b", "--store", "/s"});
  EXPECT_EQ(list.what, What::list);
  EXPECT_EQ(list.status, "in_progress");
  EXPECT_EQ(list.assignee, "bob");
  EXPECT_EQ(list.tag, "vpn");
  EXPECT_EQ(list.entity, "user.name=bob");
  EXPECT_EQ(list.to, "b");
  EXPECT_NE(refused({"list", "--status", "new"}).find("--status"), std::string::npos);
}

TEST(AlertArguments, EachActionHasItsCommand) {
  for (const auto& [word, action] :
       {std::pair("ack", AlertAction::acknowledge), std::pair("progress", AlertAction::progress),
        std::pair("reopen", AlertAction::reopen), std::pair("tag", AlertAction::tag)}) {
    const AlertsCommand command = parsed({word, "aaaaaa", "bbbbbb", "-m", "why", "--json"});
    EXPECT_EQ(command.what, What::change);
    EXPECT_EQ(command.action, action);
    EXPECT_EQ(command.ids, (std::vector<std::string>{"aaaaaa", "bbbbbb"}));
    EXPECT_EQ(command.text, "why");
    EXPECT_TRUE(command.json);
  }
  EXPECT_EQ(parsed({"show", "aaaaaa"}).what, What::show);
  EXPECT_EQ(parsed({"close", "aaaaaa", "--reason", "benign"}).reason, "benign");
  EXPECT_EQ(parsed({"assign", "aaaaaa", "--to", "alice"}).assignee, "alice");
  EXPECT_TRUE(parsed({"assign", "aaaaaa", "--nobody"}).nobody);
  const AlertsCommand tags = parsed({"tag", "--add", "a", "--add", "b", "--remove", "c", "aaaaaa"});
  EXPECT_EQ(tags.add_tags, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(tags.remove_tags, std::vector<std::string>{"c"});
  EXPECT_EQ(tags.ids, std::vector<std::string>{"aaaaaa"});
}

TEST(AlertArguments, WhatIsMissingIsSaid) {
  EXPECT_NE(refused({"ack"}).find("ID is required"), std::string::npos);
  EXPECT_NE(refused({"close", "aaaaaa"}).find("--reason is required"), std::string::npos);
  EXPECT_NE(refused({"close", "aaaaaa", "--reason", "bored"}).find("--reason"), std::string::npos);
  EXPECT_NE(refused({"comment", "aaaaaa"}).find("--text is required"), std::string::npos);
  EXPECT_NE(refused({"assign", "aaaaaa", "--to", "a", "--nobody"}), "");
}

}  // namespace
}  // namespace tocsin::cli
