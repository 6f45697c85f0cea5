#include "engine/options.hpp"

#include <algorithm>
#include <array>

namespace tocsin::engine {

std::span<const base::Option<EngineOptions>> engine_option_rows() {
  static constexpr std::array<base::Option<EngineOptions>, 9> rows = {{
      {&EngineOptions::threads,
       {.key = "threads",
        .unit = "threads",
        .sentence = "Threads that decode, match and correlate; 0: one for each processor.",
        .max = 256}},
      {&EngineOptions::shards,
       {.key = "shards",
        .unit = "parts",
        .sentence = "Into how many parts, by group, correlation is shared out over processors; 0: "
                    "one for every four threads. Results do not depend on it.",
        .max = 64}},
      {&EngineOptions::checkpoint_interval,
       {.key = "checkpoint_interval",
        .unit = "duration",
        .sentence = "How often the state of windows is saved; after a crash the log since then is "
                    "read again.",
        .min = 100'000'000,
        .max = 3'600'000'000'000}},
      {&EngineOptions::upkeep_interval,
       {.key = "upkeep_interval",
        .unit = "duration",
        .sentence = "How often small blocks of the log are merged and what is too old is dropped.",
        .min = 100'000'000,
        .max = 3'600'000'000'000}},
      {&EngineOptions::skew_warning,
       {.key = "skew_warning",
        .unit = "duration",
        .sentence = "Warn of a source whose clock is steadily off by more than this.",
        .min = 1'000'000'000,
        .max = 30LL * 24 * 3600 * 1'000'000'000}},
      {&EngineOptions::silence_factor,
       {.key = "silence_factor",
        .unit = "",
        .sentence = "Warn of a source that has been silent for so many of its usual gaps.",
        .min = 2,
        .max = 1'000'000}},
      {&EngineOptions::silence_least,
       {.key = "silence_least",
        .unit = "duration",
        .sentence = "But not before it has been silent for this long.",
        .min = 1'000'000'000,
        .max = 30LL * 24 * 3600 * 1'000'000'000}},
      {&EngineOptions::watched_sources,
       {.key = "watched_sources",
        .unit = "sources",
        .sentence = "Sources whose clock and silence are watched; more are counted.",
        .max = 1'000'000}},
      {&EngineOptions::audit_trail,
       {.key = "audit_trail",
        .unit = "",
        .sentence = "Starts, stops, reloads, snapshots and changes of alerts stand in the log as "
                    "events of their own."}},
  }};
  return rows;
}

std::uint32_t shards_of(std::size_t asked, std::size_t threads) {
  constexpr std::size_t most = 16;
  return static_cast<std::uint32_t>(asked != 0 ? asked
                                               : std::clamp<std::size_t>(threads / 4, 1, most));
}

std::string fold_text(const FoldOptions& options) {
  return base::options_text<correlate::Options>("correlate", correlate::option_rows,
                                                options.correlate) +
         base::options_text<respond::LockoutOptions>("lockout", respond::lockout_option_rows,
                                                     options.lockout) +
         base::options_text("syslog", ingest::syslog_option_rows(), options.syslog);
}

namespace {

template <typename Struct>
void read_section(const base::YamlNode& document, const base::SourceText& text,
                  std::string_view name, std::span<const base::Option<Struct>> rows, Struct& out,
                  base::Errors& errors) {
  const base::YamlNode* section = document.find(name);
  if (section == nullptr) return;
  for (base::Error& error : base::read_options(*section, text.name, rows, out))
    errors.push_back(std::move(error));
}

}  // namespace

base::Result<FoldOptions> parse_fold(const base::SourceText& text) {
  TRY(const auto documents, base::parse_yaml(text));
  FoldOptions options;
  if (documents.empty()) return base::fail("engine-3", "the stored options are empty", {text.name});
  base::Errors errors;
  read_section<correlate::Options>(documents[0], text, "correlate", correlate::option_rows,
                                   options.correlate, errors);
  read_section<respond::LockoutOptions>(documents[0], text, "lockout", respond::lockout_option_rows,
                                        options.lockout, errors);
  read_section(documents[0], text, "syslog", ingest::syslog_option_rows(), options.syslog, errors);
  if (!errors.empty())
    return base::fail("engine-3", "the stored options cannot be read: " + to_string(errors.front()),
                      {text.name});
  return options;
}

}  // namespace tocsin::engine
