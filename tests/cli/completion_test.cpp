#include "cli/completion.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>

#include "cli/arguments.hpp"
#include "tests/temporary_folder.hpp"

namespace tocsin::cli {
namespace {

// What bash offers for the words; the last one is the one that is being written.
std::string offered(const std::string& words) {
  const TemporaryFolder folder;
  const std::string script = folder.write("tocsin.bash", bash_completion(all_commands()));
  const std::string command =
      "cd " + folder.path() + " && mkdir -p sub && touch a.log && bash -c '. " + script +
      "; compopt() { :; }; COMP_WORDS=(" + words +
      "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _tocsin; echo \"${COMPREPLY[*]}\"' 2>&1";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(command.c_str(), "r"),
                                                             &::pclose);
  std::string out;
  std::array<char, 4096> part{};
  while (std::fgets(part.data(), part.size(), pipe.get()) != nullptr) out += part.data();
  if (out.ends_with('\n')) out.pop_back();
  return out;
}

TEST(CompletionTest, BashOffersCommandsOptionsWordsAndFiles) {
  EXPECT_EQ(offered("tocsin rep"), "replay");
  EXPECT_EQ(offered("tocsin alerts \"\""),
            "list show ack progress close reopen assign comment tag");
  EXPECT_EQ(offered("tocsin alerts list --lock"), "--lockouts");
  EXPECT_EQ(offered("tocsin replay --format json-"), "json-lines json-objects");
  EXPECT_EQ(offered("tocsin replay --store \"\""), "sub");
  EXPECT_EQ(offered("tocsin replay --json a"), "a.log");
  EXPECT_EQ(offered("tocsin replay --year \"\""), "");
}

TEST(CompletionTest, FishAsksWhichCommandHasBeenSeen) {
  const std::string script = fish_completion(all_commands());
  EXPECT_NE(script.find("complete -c tocsin -n '__fish_seen_subcommand_from replay' -l store -x -a "
                        "'(__fish_complete_directories)' -d 'Keep log, alerts and state in this "
                        "folder'\n"),
            std::string::npos)
      << script;
  EXPECT_NE(
      script.find("-n '__fish_seen_subcommand_from alerts; and not "
                  "__fish_seen_subcommand_from list show ack progress close reopen assign comment "
                  "tag' -f -a list "),
      std::string::npos);
}

TEST(CompletionTest, ZshHasAFunctionForEachCommand) {
  const std::string script = zsh_completion(all_commands());
  EXPECT_TRUE(script.starts_with("#compdef tocsin\n"));
  EXPECT_NE(script.find("\n_tocsin_alerts_list() {\n"), std::string::npos);
  EXPECT_NE(script.find("'*--store[Keep log, alerts and state in this folder]:DIR:_files -/'"),
            std::string::npos);
}

}  // namespace
}  // namespace tocsin::cli
