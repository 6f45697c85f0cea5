#include "cli/option_groups.hpp"

#include <CLI/CLI.hpp>

#include "ingest/syslog/zone.hpp"

namespace tocsin::cli {

namespace {

std::string check_zone(const std::string& name) {
  const auto zone = ingest::find_zone(name, ingest::read_system_zone);
  return zone ? std::string() : zone.error().sentence;
}

}  // namespace

void add_paths(CLI::App& app, const char* name, std::vector<std::string>& paths,
               const char* sentence) {
  app.add_option(name, paths, sentence)
      ->type_name("PATH")
      ->type_size(1)
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void add_decoders(CLI::App& app, PackArguments& packs) {
  add_paths(app, "--decoders", packs.decoders,
            "Decoder file or folder, besides the default ones; may be given again");
  app.add_option("--cache", packs.cache,
                 "Keep what is dear to compile in this folder; '' keeps nothing (default: "
                 "~/.cache/tocsin)")
      ->check([](const std::string& text) {
        // CLI11 takes what follows a bare `--cache=` for its value.
        return std::string(text.starts_with('-') ? "a folder was expected; --cache '' is none"
                                                 : "");
      })
      ->type_name("FOLDER");
}

void add_lists(CLI::App& app, std::vector<std::string>& lists) {
  add_paths(app, "--lists", lists,
            "File or folder of value lists, for rules with placeholders; may be given again");
}

void add_packs(CLI::App& app, PackArguments& packs) {
  add_paths(app, "--rules", packs.rules,
            "Rule file or folder, besides the default packs; may be given again");
  add_decoders(app, packs);
  add_lists(app, packs.lists);
  add_paths(app, "--mappings", packs.mappings,
            "Mapping pack or folder, besides the default ones; may be given again");
  app.add_flag("!--no-default-rules", packs.default_rules,
               "Leave out the rule packs that come with Tocsin");
}

void add_json(CLI::App& app, bool& json) {
  app.add_flag("--json", json, "One JSON object a line on stdout");
}

void add_time(CLI::App& app, std::optional<std::int64_t>& year, std::string& zone,
              std::string& format) {
  app.add_option(
         "--year", year,
         "Year of the first line, where times have none (default: that of the file's last change)")
      ->check(CLI::Range(1970, 2200))
      ->type_name("YYYY");
  app.add_option("--tz", zone,
                 "Zone of times that state none: Europe/Berlin, +02:00 (default: UTC)")
      ->check(check_zone)
      ->type_name("ZONE");
  app.add_option("--format", format,
                 "syslog, json-lines, json-objects, json, audit, evtx or xml (default: auto, by "
                 "the content)")
      ->type_name("FORMAT")
      ->check(CLI::IsMember(
          {"auto", "syslog", "json", "json-lines", "json-objects", "audit", "evtx", "xml"}));
}

void add_socket(CLI::App& app, std::string& socket, std::string& config) {
  app.add_option("--socket", socket, "The daemon's control socket (default: as for run)")
      ->type_name("PATH");
  app.add_option("--config", config, "Find the socket by this configuration")->type_name("FILE");
}

}  // namespace tocsin::cli
