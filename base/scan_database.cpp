#include "base/scan_database.hpp"

#include <fmt/format.h>
#include <hs.h>

#include <cstdlib>
#include <optional>
#include <string_view>
#include <vector>

namespace tocsin::base {

namespace {

ScanDatabase owned(hs_database_t* database) {
  return {database, [](hs_database_t* gone) { hs_free_database(gone); }};
}

// What else a database depends on: the library and the processor.
const std::string& surroundings() {
  static const std::string text = [] {
    hs_platform_info_t platform = {};
    hs_populate_platform(&platform);
    return fmt::format("{};{};{};", hs_version(), platform.tune, platform.cpu_features);
  }();
  return text;
}

std::optional<std::string> serialized(const hs_database_t* database) {
  char* bytes = nullptr;
  std::size_t size = 0;
  if (hs_serialize_database(database, &bytes, &size) != HS_SUCCESS) return std::nullopt;
  std::string out(bytes, size);
  std::free(bytes);  // NOLINT(cppcoreguidelines-no-malloc): Hyperscan's default allocator
  return out;
}

std::string reason(hs_compile_error_t* error) {
  std::string why = error != nullptr ? error->message : "no reason given";
  hs_free_compile_error(error);
  return why;
}

}  // namespace

template <typename Compile>
ScanCompiler::Made ScanCompiler::get(const std::string& content, Compile&& compile) {
  const Sha256 name = sha256(content);
  {
    const std::lock_guard lock(mutex_);
    if (ScanDatabase alive = alive_[name].lock()) return alive;
  }
  hs_database_t* database = nullptr;
  // Hyperscan checks that its version, platform and sum are those of the database.
  const auto kept = cache_ ? cache_->read(name) : std::nullopt;
  const bool fits =
      kept && hs_deserialize_database(kept->data(), kept->size(), &database) == HS_SUCCESS;
  if (!fits) {
    hs_compile_error_t* error = nullptr;
    if (compile(&database, &error) != HS_SUCCESS) return std::unexpected(reason(error));
    const auto bytes = cache_ ? serialized(database) : std::nullopt;
    if (bytes) cache_->write(name, *bytes);
  }
  ScanDatabase made = owned(database);
  const std::lock_guard lock(mutex_);
  alive_[name] = made;
  return made;
}

ScanCompiler::Made ScanCompiler::literals(std::span<const std::string_view> literals,
                                          unsigned flags) {
  std::string content = fmt::format("literals;{};{}", flags, surroundings());
  for (const std::string_view literal : literals) {
    const fmt::format_int size(literal.size());
    content.append(size.data(), size.size());
    content += ':';
    content += literal;
  }
  return get(content, [&](hs_database_t** database, hs_compile_error_t** error) {
    std::vector<const char*> texts;
    std::vector<unsigned> ids;
    std::vector<std::size_t> sizes;
    // No HS_FLAG_SINGLEMATCH: on literals it costs more than it saves.
    const std::vector<unsigned> all_flags(literals.size(), flags);
    for (const std::string_view literal : literals) {
      ids.push_back(static_cast<unsigned>(texts.size()));
      texts.push_back(literal.data());
      sizes.push_back(literal.size());
    }
    return hs_compile_lit_multi(texts.data(), all_flags.data(), ids.data(), sizes.data(),
                                static_cast<unsigned>(texts.size()), HS_MODE_BLOCK, nullptr,
                                database, error);
  });
}

ScanCompiler::Made ScanCompiler::expressions(std::span<const ScanExpression> expressions) {
  std::vector<const char*> texts;
  std::vector<unsigned> flags, ids;
  std::string content = "expressions;" + surroundings();
  for (const ScanExpression& expression : expressions) {
    texts.push_back(expression.text);
    flags.push_back(expression.flags);
    ids.push_back(expression.id);
    const std::string_view text = expression.text;
    content += fmt::format("{},{},{}:", expression.id, expression.flags, text.size());
    content += text;
  }
  return get(content, [&](hs_database_t** database, hs_compile_error_t** error) {
    return hs_compile_multi(texts.data(), flags.data(), ids.data(),
                            static_cast<unsigned>(texts.size()), HS_MODE_BLOCK, nullptr, database,
                            error);
  });
}

}  // namespace tocsin::base
