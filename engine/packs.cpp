#include "engine/packs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <system_error>

#include "base/portions.hpp"

namespace tocsin::engine {

namespace fs = std::filesystem;

bool PackTexts::operator==(const PackTexts& other) const {
  auto same = [](const std::vector<base::SourceText>& a, const std::vector<base::SourceText>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
      return x.name == y.name && x.text == y.text;
    });
  };
  return same(decoders, other.decoders) && same(rules, other.rules) && same(lists, other.lists) &&
         same(mappings, other.mappings);
}

std::optional<std::string> share_folder() {
  std::vector<fs::path> candidates;
  if (const char* chosen = std::getenv("TOCSIN_SHARE")) candidates.emplace_back(chosen);
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    candidates.push_back(program.parent_path() / "share" / "tocsin");
    candidates.push_back(program.parent_path().parent_path() / "share" / "tocsin");
  }
  for (const fs::path& candidate : candidates) {
    if (fs::is_directory(candidate / "decoders", error)) return candidate.string();
  }
  return std::nullopt;
}

namespace {

// Is the entry a link to a folder that it stands in, at or below `root`? It would be followed round
// and round.
bool leads_back(const fs::directory_entry& entry, const fs::path& root) {
  std::error_code error;
  if (!entry.is_symlink(error)) return false;
  const fs::path& link = entry.path();
  for (fs::path above = link.parent_path(); !above.empty(); above = above.parent_path()) {
    if (fs::equivalent(above, link, error)) return true;
    if (above == root || above == above.parent_path()) return false;
  }
  return false;
}

struct Listed {
  std::vector<std::string> files;  // of packs
  std::vector<fs::path> folders;
  std::error_code error;
};

Listed list(const fs::path& folder, const fs::path& root) {
  Listed out;
  for (fs::directory_iterator at(folder, out.error), end; !out.error && at != end;
       at.increment(out.error)) {
    std::error_code gone;
    const fs::path& path = at->path();
    const std::string_view name = path.native();
    if (at->is_directory(gone)) {
      if (!leads_back(*at, root)) out.folders.push_back(path);
    } else if ((name.ends_with(".yml") || name.ends_with(".yaml")) && path.has_extension() &&
               at->is_regular_file(gone)) {
      out.files.push_back(path.string());
    }
  }
  return out;
}

}  // namespace

base::Result<std::vector<std::string>> find_files(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) return base::fail("engine-1", "no such file or folder", {path});
  if (!fs::is_directory(status)) return std::vector<std::string>{path};
  // Level by level, each by all processors.
  constexpr int most_levels = 18;
  std::vector<std::string> files;
  std::vector<fs::path> folders{path};
  for (int level = 0; !folders.empty() && level < most_levels; ++level) {
    std::vector<Listed> listed(folders.size());
    base::for_portions(folders.size(), 8, [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i) listed[i] = list(folders[i], path);
    });
    folders.clear();
    for (Listed& one : listed) {
      if (one.error)
        return base::fail("engine-1", "cannot be listed: " + one.error.message(), {path});
      std::move(one.files.begin(), one.files.end(), std::back_inserter(files));
      std::move(one.folders.begin(), one.folders.end(), std::back_inserter(folders));
    }
  }
  if (files.empty()) return base::fail("engine-2", "no .yml or .yaml file in this folder", {path});
  std::sort(files.begin(), files.end());
  return files;
}

base::Errors read_texts(const std::vector<std::string>& paths, std::vector<base::SourceText>& out) {
  base::Errors errors;
  for (const std::string& path : paths) {
    const auto files = find_files(path);
    if (!files) {
      errors.push_back(files.error());
      continue;
    }
    std::vector<base::Result<base::SourceText>> texts(files->size());
    base::for_portions(files->size(), 256, [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i) texts[i] = base::read_source((*files)[i]);
    });
    for (auto& text : texts) {
      if (text) {
        out.push_back(*std::move(text));
      } else {
        errors.push_back(std::move(text).error());
      }
    }
  }
  return errors;
}

base::Sha256 content_hash(const PackTexts& packs, std::string_view options) {
  std::string all;
  auto add = [&all](std::string_view text) { all += fmt::format("{}:{}", text.size(), text); };
  add(options);
  for (const auto* texts : {&packs.decoders, &packs.rules, &packs.lists, &packs.mappings}) {
    all += fmt::format("{};", texts->size());
    for (const base::SourceText& source : *texts) add(source.text);
  }
  return base::sha256(all);
}

}  // namespace tocsin::engine
