#include "cli/config_command.hpp"

#include <gtest/gtest.h>

#include "cli/config.hpp"
#include "tests/cli/captured.hpp"

namespace tocsin::cli {
namespace {

using What = ConfigCommand::What;

constexpr const char* file_text =
    "inputs:\n  lan: {type: tcp, address: '0.0.0.0', port: 601}\n"
    "channels:\n  out: {type: file, path: /tmp/a.json}\n"
    "store: {path: /srv/tocsin, sync: os}\nlockout: {never: [root, 'admin: \"x\"']}\n";

TEST(ConfigCommandTest, WhatIsShownReadsBackAsTheSame) {
  const TemporaryFolder folder;
  const std::string file = folder.write("a.yaml", file_text);
  Captured shown;
  EXPECT_EQ(run_config({What::show, file, false}, shown.streams()), exit_code::ok) << shown.err();
  EXPECT_NE(shown.out().find("inputs:\n  lan:\n    type: \"tcp\"\n    address: \"0.0.0.0\"\n"),
            std::string::npos)
      << shown.out();
  const ReadConfig again = read_config({"again", shown.out()});
  ASSERT_TRUE(again.errors.empty()) << to_string(again.errors.front());
  EXPECT_EQ(config_values(again.config), config_values(load_config(file)->config));
}

TEST(ConfigCommandTest, OnlyWhatDiffersIsInTheDifference) {
  const TemporaryFolder folder;
  const std::string file = folder.write("a.yaml", file_text);
  Captured captured;
  EXPECT_EQ(run_config({What::diff, file, false}, captured.streams()), exit_code::ok);
  const std::string text = captured.out();
  for (const char* line :
       {"inputs.lan.port: 601\n", "inputs.udp.type: not there (default: \"udp\")\n",
        "store.sync: \"os\" (default: \"group\")\n", "channels.out.path: \"/tmp/a.json\"\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
  }
  EXPECT_EQ(text.find("engine."), std::string::npos);
  Captured json;
  EXPECT_EQ(run_config({What::diff, file, true}, json.streams()), exit_code::ok);
  EXPECT_NE(json.out().find(R"({"key":"store.sync","value":"\"os\"","default":"\"group\""})"),
            std::string::npos)
      << json.out();
}

TEST(ConfigCommandTest, AMistakeIsToldByEachOfThem) {
  const OwnPacks packs;
  const TemporaryFolder folder;
  const std::string file = folder.write("a.yaml", "stor: {}\n");
  for (const What what : {What::show, What::check, What::diff}) {
    Captured captured;
    EXPECT_EQ(run_config({what, file, false}, captured.streams()), exit_code::invalid);
    EXPECT_NE(captured.err().find("a.yaml:1:1: base-10"), std::string::npos) << captured.err();
  }
  Captured right;
  EXPECT_EQ(run_config({What::check, folder.write("b.yaml", file_text), false}, right.streams()),
            exit_code::ok);
  EXPECT_NE(right.err().find("are right"), std::string::npos) << right.err();
}

}  // namespace
}  // namespace tocsin::cli
