#include "cli/drop_ins.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string_view>
#include <system_error>
#include <unordered_set>
#include <utility>

#include "base/hash.hpp"
#include "engine/packs.hpp"

namespace tocsin::cli {

namespace {

namespace fs = std::filesystem;

// Nothing where there is no such folder, or no file in it.
base::Result<std::vector<std::string>> files_in(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) return std::vector<std::string>();
  auto found = engine::find_files(folder.string());
  if (!found && found.error().code == "engine-2") return std::vector<std::string>();
  return found;
}

base::Result<void> add_folder(const fs::path& folder, std::vector<std::string>& out) {
  TRY(const std::vector<std::string> files, files_in(folder));
  if (!files.empty()) out.push_back(folder.string());
  return {};
}

// The value without quotes, a comment and blanks.
std::string_view plain(std::string_view value) {
  constexpr std::string_view blanks = " \t\r";
  const std::size_t begin = value.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  value.remove_prefix(begin);
  if (value.front() == '"' || value.front() == '\'') {
    const std::size_t close = value.find(value.front(), 1);
    return close == std::string_view::npos ? std::string_view() : value.substr(1, close - 1);
  }
  value = value.substr(0, value.find(" #"));
  return value.substr(0, value.find_last_not_of(blanks) + 1);
}

// Calls `use` with the value of each `key` that begins a line: one of each document, since YAML
// sets in all but the keys of a document itself. Thousands of files are looked through at each
// start, which is too many to parse twice.
template <typename Use>
void for_each_value(std::string_view text, std::string_view key, Use use) {
  const std::string sought = std::string(key) + ":";
  for (std::size_t at = 0; (at = text.find(sought, at)) != std::string_view::npos;) {
    const std::size_t begin = at + sought.size();
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (at == 0 || text[at - 1] == '\n') use(plain(text.substr(begin, end - begin)));
    at = end;
  }
}

}  // namespace

std::string installed_configuration() {
  const char* value = std::getenv("CONFIGURATION_DIRECTORY");
  const std::string_view text = value != nullptr ? value : "";
  const std::string folder(text.substr(0, text.find(':')));
  return (folder.empty() ? "/etc/tocsin" : folder) + "/tocsin.yaml";
}

base::Result<DropIns> find_drop_ins(const std::string& configuration) {
  DropIns out;
  const fs::path path = configuration;
  if (path.filename() != "tocsin.yaml") return out;
  const fs::path folder = path.parent_path();
  TRY(out.configurations, files_in(folder / "conf.d"));
  TRY_VOID(add_folder(folder / "rules.d", out.rules));
  TRY_VOID(add_folder(folder / "decoders.d", out.decoders));
  TRY_VOID(add_folder(folder / "lists.d", out.lists));
  TRY_VOID(add_folder(folder / "mappings.d", out.mappings));
  return out;
}

void drop_replaced(std::vector<base::SourceText>& vendor, const std::vector<base::SourceText>& own,
                   std::string_view key) {
  if (vendor.empty()) return;
  std::unordered_set<std::string_view, base::TextHash, std::equal_to<>> known, replaced;
  for (const base::SourceText& text : vendor)
    for_each_value(text.text, key, [&](std::string_view value) { known.insert(value); });
  for (const base::SourceText& text : own) {
    for_each_value(text.text, key, [&](std::string_view value) {
      if (!value.empty() && known.contains(value)) replaced.insert(value);
    });
  }
  if (replaced.empty()) return;
  std::erase_if(vendor, [&](const base::SourceText& text) {
    bool gone = false;
    for_each_value(text.text, key,
                   [&](std::string_view value) { gone = gone || replaced.contains(value); });
    return gone;
  });
}

void drop_replaced_documents(std::vector<base::SourceText>& texts,
                             const std::vector<base::SourceText>& own, std::string_view key) {
  std::unordered_set<std::string_view, base::TextHash, std::equal_to<>> replaced;
  for (const base::SourceText& text : own) {
    for_each_value(text.text, key, [&](std::string_view value) {
      if (!value.empty()) replaced.insert(value);
    });
  }
  std::erase_if(texts, [&](base::SourceText& source) {
    std::string& text = source.text;
    bool any_left = false, any_gone = false;
    for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end) {
      const std::size_t next = text.find("\n---", begin);
      end = next == std::string::npos ? text.size() : next + 1;
      bool gone = false;
      for_each_value(std::string_view(text).substr(begin, end - begin), key,
                     [&](std::string_view value) { gone = gone || replaced.contains(value); });
      any_left = any_left || !gone;
      any_gone = any_gone || gone;
      // Line feeds stay, so that mistakes in other documents keep their places.
      if (gone) {
        std::replace_if(
            text.begin() + static_cast<std::ptrdiff_t>(begin),
            text.begin() + static_cast<std::ptrdiff_t>(end), [](char c) { return c != '\n'; }, ' ');
      }
    }
    return any_gone && !any_left;
  });
}

}  // namespace tocsin::cli
