#include "cli/setup.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>
#include <utility>

#include "engine/packs.hpp"

namespace tocsin::cli {

namespace {

// A file that is named twice, as one of the default packs may be, counts once: by its last name.
void drop_doubles(std::vector<base::SourceText>& texts) {
  std::set<std::string> seen;
  std::vector<base::SourceText> kept;
  for (auto text = texts.rbegin(); text != texts.rend(); ++text) {
    std::error_code error;
    const auto place = std::filesystem::canonical(text->name, error);
    if (seen.insert(error ? text->name : place.string()).second) kept.push_back(std::move(*text));
  }
  std::ranges::reverse(kept);
  texts = std::move(kept);
}

}  // namespace

std::shared_ptr<base::DiskCache> open_cache(const std::optional<std::string>& chosen) {
  return std::make_shared<base::DiskCache>(chosen.value_or("auto") == "auto" ? base::cache_folder()
                                                                             : *chosen);
}

LoadedSetup load_setup(const PackArguments& arguments, const engine::FoldOptions& fold) {
  const auto cache = open_cache(arguments.cache);
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
  add(engine::read_texts(arguments.lists, loaded.setup.packs.lists));
  drop_doubles(loaded.setup.packs.decoders);
  drop_doubles(loaded.setup.packs.rules);
  drop_doubles(loaded.setup.packs.lists);
  engine::BuiltPipeline built = engine::build_pipeline(loaded.setup.packs, cache);
  add(std::move(built.errors));
  loaded.warnings = std::move(built.warnings);
  if (auto fault = cache->fault()) loaded.warnings.push_back(*std::move(fault));
  loaded.setup.pipeline = std::move(built.pipeline);
  loaded.setup.fold = fold;
  return loaded;
}

}  // namespace tocsin::cli
