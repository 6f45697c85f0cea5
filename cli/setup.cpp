#include "cli/setup.hpp"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"
#include "engine/packs.hpp"

namespace tocsin::cli {

LoadedSetup load_setup(const PackArguments& arguments, const engine::FoldOptions& fold) {
  LoadedSetup loaded;
  std::vector<std::string> decoders, rules;
  if (const auto share = engine::share_folder()) {
    decoders.push_back(*share + "/decoders");
    if (arguments.default_rules) rules.push_back(*share + "/rules");
  } else {
    loaded.errors.push_back({"cli-2",
                             "the decoders and rules that come with Tocsin were not found; set "
                             "TOCSIN_SHARE to their folder",
                             {}});
  }
  decoders.insert(decoders.end(), arguments.decoders.begin(), arguments.decoders.end());
  rules.insert(rules.end(), arguments.rules.begin(), arguments.rules.end());
  auto add = [&loaded](base::Errors errors) {
    std::move(errors.begin(), errors.end(), std::back_inserter(loaded.errors));
  };
  add(engine::read_texts(decoders, loaded.setup.packs.decoders));
  add(engine::read_texts(rules, loaded.setup.packs.rules));
  engine::BuiltPipeline built = engine::build_pipeline(loaded.setup.packs);
  add(std::move(built.errors));
  loaded.warnings = std::move(built.warnings);
  loaded.setup.pipeline = std::move(built.pipeline);
  loaded.setup.fold = fold;
  return loaded;
}

void print_errors(const base::Errors& errors, std::string_view kind, std::size_t limit) {
  for (std::size_t i = 0; i < std::min(errors.size(), limit); ++i) {
    const std::string text = base::printable(to_string(errors[i]));
    std::fprintf(stderr, "tocsin: %.*s: %s\n", static_cast<int>(kind.size()), kind.data(),
                 text.c_str());
  }
  if (errors.size() > limit) {
    std::fprintf(stderr, "tocsin: %.*s: and %zu more; `tocsin check` shows them all\n",
                 static_cast<int>(kind.size()), kind.data(), errors.size() - limit);
  }
}

void print_errors_json(const base::Errors& errors, std::string_view severity) {
  for (const base::Error& error : errors) {
    std::string line;
    base::JsonWriter(line)
        .begin_object()
        .member("severity", severity)
        .member("file", std::string_view(error.origin.name))
        .member("line", error.origin.line)
        .member("column", error.origin.column)
        .member("code", std::string_view(error.code))
        .member("sentence", std::string_view(error.sentence))
        .end_object();
    std::puts(line.c_str());
  }
}

}  // namespace tocsin::cli
