#include "cli/drop_ins.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "cli/config.hpp"
#include "tests/temporary_folder.hpp"

namespace tocsin::cli {
namespace {

TEST(DropInsTest, FilesAreMergedInTheOrderOfTheirNames) {
  const TemporaryFolder folder;
  const std::string file = folder.write(
      "tocsin.yaml",
      "inputs:\n  udp: {type: udp, port: 5514}\n  tcp: {type: tcp}\nstore: {path: /a, sync: os}\n");
  folder.write("conf.d/20.yaml", "store: {path: /c}\n");
  folder.write("conf.d/10.yaml",
               "store: {path: /b, cache: 1MiB}\ninputs:\n  udp: {port: 514}\n  more: {type: tcp, "
               "port: 601}\n");
  folder.write("conf.d/ignored.txt", "not: yaml: at all");
  const auto read = load_config(file);
  ASSERT_TRUE(read);
  ASSERT_TRUE(read->errors.empty()) << to_string(read->errors.front());
  const engine::DaemonOptions& daemon = read->config.daemon;
  EXPECT_EQ(daemon.store_path, "/c");
  EXPECT_EQ(daemon.store.sync, "os");
  EXPECT_EQ(daemon.store.cache, std::size_t{1} << 20U);
  ASSERT_EQ(daemon.inputs.size(), 3U);
  EXPECT_EQ(daemon.inputs[0].type, "udp");
  EXPECT_EQ(daemon.inputs[0].port, 514);
  EXPECT_EQ(daemon.inputs[2].name, "more");
}

TEST(DropInsTest, PackFoldersCountWhenSomethingIsInThem) {
  const TemporaryFolder folder;
  const std::string file = folder.write("tocsin.yaml", "packs: {rules: [/srv/rules]}\n");
  folder.write("rules.d/mine.yml", "title: x\n");
  folder.write("decoders.d/README", "none yet");
  const auto read = load_config(file);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->config.daemon.rules,
            (std::vector<std::string>{"/srv/rules", folder.path("rules.d")}));
  EXPECT_TRUE(read->config.daemon.decoders.empty());
}

TEST(DropInsTest, AMistakeNamesTheFileThatItStandsIn) {
  const TemporaryFolder folder;
  const std::string file = folder.write("tocsin.yaml", "store: {path: /a}\n");
  const std::string wrong = folder.write("conf.d/x.yaml", "\nstor: {path: /b}\n");
  const auto read = load_config(file);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->errors.size(), 1U);
  EXPECT_EQ(read->errors[0].origin.name, wrong);
  EXPECT_EQ(read->errors[0].origin.line, 2U);
}

TEST(DropInsTest, AFileOfAnotherNameStandsAlone) {
  const TemporaryFolder folder;
  folder.write("conf.d/10.yaml", "store: {path: /b}\n");
  EXPECT_EQ(load_config(folder.write("mine.yaml", "store: {path: /a}\n"))->config.daemon.store_path,
            "/a");
  // The installed file may have been removed; what stands beside it counts.
  EXPECT_EQ(load_config({}, folder.path("tocsin.yaml"))->config.daemon.store_path, "/b");
}

TEST(DropInsTest, TheServiceManagerSaysWhereTheConfigurationIs) {
  ::unsetenv("CONFIGURATION_DIRECTORY");
  EXPECT_EQ(installed_configuration(), "/etc/tocsin/tocsin.yaml");
  ::setenv("CONFIGURATION_DIRECTORY", "/srv/a:/srv/b", 1);
  EXPECT_EQ(installed_configuration(), "/srv/a/tocsin.yaml");
  ::unsetenv("CONFIGURATION_DIRECTORY");
}

std::vector<std::string> names(const std::vector<base::SourceText>& texts) {
  std::vector<std::string> out;
  for (const base::SourceText& text : texts) out.push_back(text.name);
  return out;
}

TEST(DropInsTest, OnesOwnFileTakesThePlaceOfTheDefaultOneWithItsId) {
  std::vector<base::SourceText> vendor = {{"a", "title: A\nid: 1\n"},
                                          {"b", "title: B\nid: \"2\"  # two\nrelated:\n  id: 4\n"},
                                          {"c", "id: 3\r\ntitle: C\n"},
                                          {"d", "title: the id: 4\nid:\n"}};
  drop_replaced(vendor, {{"own", "title: mine\nid: '2'\n---\ntitle: more\nid: 3\n"}}, "id");
  EXPECT_EQ(names(vendor), (std::vector<std::string>{"a", "d"}));
  drop_replaced(vendor, {{"other", "related:\n  - id: 1\nid:\n"}}, "id");
  EXPECT_EQ(names(vendor), (std::vector<std::string>{"a", "d"}));
}

TEST(DropInsTest, OfAFileOnlyTheDocumentGoesThatIsReplaced) {
  std::vector<base::SourceText> texts = {
      {"a", "id: 1\n---\nid: 2\nb: c\n---\nid: 3\n"}, {"b", "id: 4\n"}, {"c", "title: none\n"}};
  drop_replaced_documents(texts, {{"own", "id: 2\n---\nid: 4\n"}}, "id");
  EXPECT_EQ(names(texts), (std::vector<std::string>{"a", "c"}));
  EXPECT_EQ(texts[0].text, "id: 1\n   \n     \n    \n---\nid: 3\n") << "lines keep their numbers";
}

}  // namespace
}  // namespace tocsin::cli
