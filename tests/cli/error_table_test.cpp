#include "cli/error_table.hpp"
#include "tests/source_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>

namespace tocsin::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* folders[] = {"base",    "metrics",   "event",  "ingest", "rules",   "store",
                                   "respond", "correlate", "engine", "search", "console", "cli"};

// Every "FOLDER-NUMBER" in quotes in the sources of that folder, with the file where it stands.
std::map<std::string, std::string> codes_of_sources() {
  std::map<std::string, std::string> found;
  for (const char* folder : folders) {
    const std::regex code("\"(" + std::string(folder) + "-[0-9]+)\"");
    for (const auto& entry :
         fs::recursive_directory_iterator(fs::path(tocsin::source_folder()) / folder)) {
      const fs::path& path = entry.path();
      if (path.extension() != ".cpp" && path.extension() != ".hpp") continue;
      if (path.filename() == "error_table.cpp") continue;
      std::ifstream in(path);
      for (std::string line; std::getline(in, line);) {
        for (std::sregex_iterator at(line.begin(), line.end(), code), end; at != end; ++at)
          found.emplace((*at)[1], path.string());
      }
    }
  }
  return found;
}

TEST(ErrorTableTest, EveryCodeOfTheSourcesHasItsRowAndNoRowIsLeftOver) {
  const std::map<std::string, std::string> used = codes_of_sources();
  EXPECT_GT(used.size(), 100U);
  std::set<std::string> rows;
  for (const ErrorRow& row : error_rows()) {
    EXPECT_TRUE(rows.emplace(row.code).second) << row.code << " is there twice";
    EXPECT_TRUE(used.contains(std::string(row.code))) << row.code << " is not used any more";
  }
  for (const auto& [code, file] : used)
    EXPECT_TRUE(rows.contains(code)) << code << " of " << file << " has no row";
}

TEST(ErrorTableTest, EachRowIsASentenceAndARemedyInOrder) {
  std::pair<std::string, int> before;
  for (const ErrorRow& row : error_rows()) {
    EXPECT_TRUE(row.meaning.ends_with('.')) << row.code;
    EXPECT_TRUE(row.remedy.ends_with('.')) << row.code;
    EXPECT_EQ(row.meaning.find('|'), std::string_view::npos) << row.code;
    const std::size_t dash = row.code.find('-');
    std::pair<std::string, int> now{row.code.substr(0, dash),
                                    std::stoi(std::string(row.code.substr(dash + 1)))};
    EXPECT_LT(before, now);
    before = std::move(now);
  }
}

TEST(ErrorTableTest, ThePageHasATableForEachFolder) {
  const std::string page = errors_page();
  for (const ErrorRow& row : error_rows())
    EXPECT_NE(page.find("| " + std::string(row.code) + " | "), std::string::npos) << row.code;
  EXPECT_NE(page.find("## rules\n"), std::string::npos);
}

}  // namespace
}  // namespace tocsin::cli
