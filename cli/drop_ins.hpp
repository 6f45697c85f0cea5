// What stands beside the configuration and is added to it: conf.d, rules.d, decoders.d and others.
// Path:      /etc/tocsin/tocsin.yaml -> the files and folders beside it (cli/config, cli/setup)
// Threads:   pure functions but for the files
// Errors:    base-5 a file that cannot be read; engine-1 a folder that cannot be listed
// Tested by: tests/cli/drop_ins_test.cpp, tests/e2e/package_test.py
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/yaml.hpp"

namespace tocsin::cli {

// A folder is named when a file is in it.
struct DropIns {
  std::vector<std::string> configurations;  // conf.d/*.yaml, in the order of their names
  std::vector<std::string> rules;
  std::vector<std::string> decoders;
  std::vector<std::string> lists;
  std::vector<std::string> mappings;
};

// Only a file that is called tocsin.yaml has any; it need not be there itself. Any other stands
// alone, so that a folder of somebody else is never taken for part of a configuration.
[[nodiscard]] base::Result<DropIns> find_drop_ins(const std::string& configuration);

// $CONFIGURATION_DIRECTORY/tocsin.yaml, else /etc/tocsin/tocsin.yaml.
[[nodiscard]] std::string installed_configuration();

// Leaves out each of `vendor` whose key at the begin of a line (`id` of rules, `name` of decoders)
// has the value that one of `own` has too: a file of one's own takes the place of the default one.
void drop_replaced(std::vector<base::SourceText>& vendor, const std::vector<base::SourceText>& own,
                   std::string_view key);
// The same by document: what else is in the file stays, in its lines.
void drop_replaced_documents(std::vector<base::SourceText>& texts,
                             const std::vector<base::SourceText>& own, std::string_view key);

}  // namespace tocsin::cli
