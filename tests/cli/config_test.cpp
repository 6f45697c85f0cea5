#include "cli/config.hpp"

#include "tests/cli/captured.hpp"

#include <gtest/gtest.h>

namespace tocsin::cli {
namespace {

ReadConfig read(std::string text) { return read_config({"t.yaml", std::move(text)}); }

TEST(ConfigTest, WithoutASectionThereAreTheDefaults) {
  const ReadConfig config = read("");
  EXPECT_TRUE(config.errors.empty());
  ASSERT_EQ(config.config.daemon.inputs.size(), 2U);
  EXPECT_EQ(config.config.daemon.inputs[0].address, "127.0.0.1");
  EXPECT_EQ(config.config.daemon.inputs[0].port, 5514);
  EXPECT_EQ(config.config.console.listen, "127.0.0.1:9514");
}

TEST(ConfigTest, EachSectionReachesItsFolder) {
  const ReadConfig config = read(
      "inputs:\n  lan: {type: tcp, address: 0.0.0.0, port: 601, framing: octet-counted}\n"
      "channels:\n  alerts: {type: file, path: /tmp/alerts.json}\n"
      "packs: {rules: [/etc/tocsin/rules.d], default_rules: false}\n"
      "store: {path: /srv/tocsin, sync: always}\n"
      "correlate: {lateness: 5s}\nlockout: {never: [root, admin]}\nengine: {threads: 3}\nconsole: "
      "{listen: ''}\n");
  EXPECT_TRUE(config.errors.empty()) << to_string(config.errors.front());
  const engine::DaemonOptions& daemon = config.config.daemon;
  ASSERT_EQ(daemon.inputs.size(), 1U);
  EXPECT_EQ(daemon.inputs[0].name, "lan");
  EXPECT_EQ(daemon.inputs[0].port, 601);
  ASSERT_EQ(daemon.channels.size(), 1U);
  EXPECT_EQ(daemon.channels[0].name, "alerts");
  EXPECT_FALSE(daemon.default_rules);
  EXPECT_EQ(daemon.store_path, "/srv/tocsin");
  EXPECT_EQ(daemon.store.sync, "always");
  EXPECT_EQ(daemon.fold.correlate.lateness, std::chrono::seconds(5));
  EXPECT_EQ(daemon.fold.lockout.never, (std::vector<std::string>{"root", "admin"}));
  EXPECT_EQ(daemon.engine.threads, 3U);
  EXPECT_EQ(config.config.console.listen, "");
}

TEST(ConfigTest, AllMistakesAreToldWithTheirPlaces) {
  const ReadConfig config = read(
      "storr: {}\nstore: {sync: never, pth: x}\ninputs:\n  a: {type: tcp, port: "
      "99999}\nchannels:\n  b: {type: file}\n");
  ASSERT_GE(config.errors.size(), 5U);
  EXPECT_EQ(to_string(config.errors[0]),
            "t.yaml:1:1: base-10: the option `storr` does not exist; did you mean `store`?");
  EXPECT_EQ(config.errors[1].code, "base-13");
  EXPECT_EQ(config.errors[2].code, "base-10");
  for (const base::Error& error : config.errors) {
    EXPECT_EQ(error.origin.name, "t.yaml") << error.sentence;
    EXPECT_GT(error.origin.line, 0U) << error.sentence;
  }
}

TEST(ConfigTest, ASecondDocumentIsAMistake) {
  EXPECT_EQ(read("store: {}\n---\nstore: {}\n").errors.size(), 1U);
}

TEST(ConfigTest, TheDefaultFileReadsBackWithoutErrors) {
  const ReadConfig config = read(base::options_file(all_options()));
  EXPECT_TRUE(config.errors.empty()) << to_string(config.errors.front());
}

TEST(ConfigTest, WithoutAFileTheInstalledOneCountsWhereThereIsOne) {
  const TemporaryFolder folder;
  const std::string installed = folder.write("tocsin.yaml", "store: {path: /x}\n");
  const std::string chosen = folder.write("chosen.yaml", "store: {path: /y}\n");
  const std::string none = folder.path("none.yaml");
  EXPECT_EQ(load_config({}, installed)->config.daemon.store_path, "/x");
  EXPECT_EQ(load_config(chosen, installed)->config.daemon.store_path, "/y");
  EXPECT_EQ(load_config({}, none)->config.daemon.store_path, default_config().daemon.store_path);
  EXPECT_EQ(load_config(none, installed).error().code, "base-5");
  EXPECT_EQ(store_folder("/z"), "/z");
}

TEST(ConfigTest, TheStateFolderIsTheFirstThatTheServiceManagerNames) {
  ::setenv("STATE_DIRECTORY", "/var/lib/tocsin:/var/lib/other", 1);
  EXPECT_EQ(default_config().daemon.store_path, "/var/lib/tocsin");
  ::setenv("STATE_DIRECTORY", "", 1);
  ::setenv("HOME", "/home/somebody", 1);
  EXPECT_EQ(default_config().daemon.store_path, "/home/somebody/.local/state/tocsin");
  ::unsetenv("STATE_DIRECTORY");
}

}  // namespace
}  // namespace tocsin::cli
