#include "cli/setup.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <numeric>
#include <set>
#include <system_error>
#include <utility>

#include "cli/drop_ins.hpp"
#include "engine/packs.hpp"

namespace tocsin::cli {

namespace {

// A file that is named twice, as one of the default packs may be, counts once: by its last name.
// The places are asked only of texts that are equal: for thousands of files that takes long.
void drop_doubles(std::vector<base::SourceText>& texts) {
  std::vector<std::size_t> order(texts.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    const std::string& x = texts[a].text;
    const std::string& y = texts[b].text;
    return x.size() != y.size() ? x.size() < y.size() : x < y;
  });
  std::vector<bool> has_equal(texts.size(), false);
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (texts[order[i - 1]].text == texts[order[i]].text)
      has_equal[order[i - 1]] = has_equal[order[i]] = true;
  }
  if (std::ranges::find(has_equal, true) == has_equal.end()) return;
  std::set<std::string> seen;
  std::vector<bool> dropped(texts.size(), false);
  for (std::size_t i = texts.size(); i-- > 0;) {
    if (!has_equal[i]) continue;
    std::error_code error;
    const auto place = std::filesystem::canonical(texts[i].name, error);
    dropped[i] = !seen.insert(error ? texts[i].name : place.string()).second;
  }
  std::vector<base::SourceText> kept;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (!dropped[i]) kept.push_back(std::move(texts[i]));
  }
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
  auto add = [&loaded](base::Errors errors) {
    std::move(errors.begin(), errors.end(), std::back_inserter(loaded.errors));
  };
  engine::PackTexts& packs = loaded.setup.packs;
  if (const auto share = engine::share_folder()) {
    add(engine::read_texts({*share + "/decoders"}, packs.decoders));
    if (arguments.default_rules) add(engine::read_texts({*share + "/rules"}, packs.rules));
    if (std::error_code error; std::filesystem::is_directory(*share + "/mappings", error))
      add(engine::read_texts({*share + "/mappings"}, packs.mappings));
  } else {
    loaded.errors.push_back({"cli-2",
                             "the decoders and rules that come with Tocsin were not found; set "
                             "TOCSIN_SHARE to their folder",
                             {}});
  }
  const auto add_own = [&add](const std::vector<std::string>& paths, std::string_view key,
                              std::vector<base::SourceText>& out) {
    std::vector<base::SourceText> own;
    add(engine::read_texts(paths, own));
    drop_replaced(out, own, key);
    std::move(own.begin(), own.end(), std::back_inserter(out));
  };
  add_own(arguments.decoders, "name", packs.decoders);
  add_own(arguments.rules, "id", packs.rules);
  std::vector<base::SourceText> replacing;
  add(engine::read_texts(arguments.replacing, replacing));
  drop_replaced_documents(packs.rules, replacing, "id");
  std::move(replacing.begin(), replacing.end(), std::back_inserter(packs.rules));
  add(engine::read_texts(arguments.lists, packs.lists));
  add(engine::read_texts(arguments.mappings, packs.mappings));
  drop_doubles(loaded.setup.packs.decoders);
  drop_doubles(loaded.setup.packs.rules);
  drop_doubles(loaded.setup.packs.lists);
  drop_doubles(loaded.setup.packs.mappings);
  engine::BuiltPipeline built = engine::build_pipeline(loaded.setup.packs, cache);
  add(std::move(built.errors));
  if (arguments.cache.value_or("auto") != "auto") loaded.cache_fault = cache->fault();
  loaded.setup.pipeline = std::move(built.pipeline);
  loaded.setup.fold = fold;
  return loaded;
}

}  // namespace tocsin::cli
