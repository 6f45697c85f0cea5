#include "cli/config.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <utility>

namespace tocsin::cli {

namespace {

using base::YamlNode;

// systemd writes several folders with colons between them; the first one is ours. Empty: not set.
std::string first_folder(const char* variable) {
  const char* value = std::getenv(variable);
  const std::string_view text = value != nullptr ? value : "";
  return std::string(text.substr(0, text.find(':')));
}

std::string state_folder() {
  if (const std::string folder = first_folder("STATE_DIRECTORY"); !folder.empty()) return folder;
  const std::string home = first_folder("HOME");
  return home.empty() ? "/var/lib/tocsin" : home + "/.local/state/tocsin";
}

std::string default_socket() {
  if (const std::string folder = first_folder("RUNTIME_DIRECTORY"); !folder.empty())
    return folder + "/control.sock";
  return state_folder() + "/control.sock";
}

ingest::InputOptions input(std::string name, std::string type) {
  ingest::InputOptions options;
  options.name = std::move(name);
  options.type = std::move(type);
  return options;
}

// Which packs are loaded, and where the store is: what no other folder has options for.
struct PackOptions {
  std::vector<std::string> rules;
  std::vector<std::string> decoders;
  std::vector<std::string> lists;
  std::vector<std::string> mappings;
  bool default_rules = true;
  std::string cache = "auto";
};
constexpr std::array<base::Option<PackOptions>, 6> pack_rows = {{
    {&PackOptions::rules,
     {.key = "rules",
      .unit = "",
      .sentence = "Rule files and folders, besides the default packs.",
      .restart = false}},
    {&PackOptions::decoders,
     {.key = "decoders",
      .unit = "",
      .sentence = "Decoder files and folders, besides the default ones.",
      .restart = false}},
    {&PackOptions::lists,
     {.key = "lists",
      .unit = "",
      .sentence = "Files and folders of value lists, for rules with placeholders (`expand`).",
      .restart = false}},
    {&PackOptions::mappings,
     {.key = "mappings",
      .unit = "",
      .sentence = "Mapping packs, files and folders, besides the default ones.",
      .restart = false}},
    {&PackOptions::default_rules,
     {.key = "default_rules",
      .unit = "",
      .sentence = "Whether the packs that come with Tocsin are loaded.",
      .restart = false}},
    {&PackOptions::cache,
     {.key = "cache",
      .unit = "",
      .sentence = "Folder that keeps what of the packs is dear to compile, for the next start; "
                  "auto: $CACHE_DIRECTORY, else $XDG_CACHE_HOME/tocsin, else ~/.cache/tocsin; "
                  "empty: none. Nothing that Tocsin finds depends on it."}},
}};

PackOptions packs_of(const engine::DaemonOptions& daemon) {
  return {daemon.rules,    daemon.decoders,      daemon.lists,
          daemon.mappings, daemon.default_rules, daemon.cache};
}

struct PlaceOptions {
  std::string path;
};
constexpr std::array<base::Option<PlaceOptions>, 1> place_rows = {{
    {&PlaceOptions::path,
     {.key = "path",
      .unit = "",
      .sentence = "Folder of the store; empty: $STATE_DIRECTORY, else ~/.local/state/tocsin."}},
}};

struct IntakeRows {
  static constexpr std::array<base::Option<ingest::IntakeOptions>, 2> rows = {{
      {&ingest::IntakeOptions::batches,
       {.key = "batches",
        .unit = "batches",
        .sentence = "Batches of about 256 KiB that inputs may fill before they wait.",
        .min = 4,
        .max = 65536}},
      {&ingest::IntakeOptions::flush_interval,
       {.key = "flush_interval",
        .unit = "duration",
        .sentence = "How long a batch that is not full waits for more.",
        .min = 100'000,
        .max = 1'000'000'000}},
  }};
};

// Reads the sections one after another and collects what is wrong with any of them.
class Reader {
 public:
  explicit Reader(ReadConfig& out) : out_(out) {}

  void read_file(const base::SourceText& file) {
    file_ = {file.name, {}};
    auto documents = base::parse_yaml(file);
    if (!documents) {
      out_.errors.push_back(std::move(documents).error());
      return;
    }
    if (documents->size() > 1) fail((*documents)[1], "a second document; a configuration has one");
    if (!documents->empty()) read(documents->front());
  }

  // What no single file can tell.
  void finish() {
    for (base::Error& error : ingest::check_inputs(out_.config.daemon.inputs)) {
      if (error.origin.line == 0 && inputs_at_) error.origin = *inputs_at_;
      out_.errors.push_back(std::move(error));
    }
  }

 private:
  void read(const YamlNode& document) {
    if (document.is_null()) return;
    if (!document.is_map()) {
      fail(document, "a configuration is a map of sections");
      return;
    }
    for (const YamlNode::Member& member : document.members) read_section(member);
  }

  void fail(const YamlNode& node, std::string sentence) {
    out_.errors.push_back({"cli-1", std::move(sentence), base::origin_of(file_.name, node)});
  }
  void add(base::Errors errors) {
    std::move(errors.begin(), errors.end(), std::back_inserter(out_.errors));
  }
  template <typename Struct>
  void section(const YamlNode& node, std::span<const base::Option<Struct>> rows, Struct& options) {
    add(base::read_options(node, file_.name, rows, options));
  }

  void read_section(const YamlNode::Member& member) {
    engine::DaemonOptions& daemon = out_.config.daemon;
    const YamlNode& node = member.value;
    if (member.key == "inputs") return read_inputs(node);
    if (member.key == "channels") return read_channels(node);
    if (member.key == "packs") return read_packs(node);
    if (member.key == "store") return read_store(node);
    if (member.key == "engine") return section(node, engine::engine_option_rows(), daemon.engine);
    if (member.key == "intake")
      return section<ingest::IntakeOptions>(node, IntakeRows::rows, daemon.intake);
    if (member.key == "syslog")
      return section(node, ingest::syslog_option_rows(), daemon.fold.syslog);
    if (member.key == "correlate")
      return section<correlate::Options>(node, correlate::option_rows, daemon.fold.correlate);
    if (member.key == "lockout")
      return section<respond::LockoutOptions>(node, respond::lockout_option_rows,
                                              daemon.fold.lockout);
    if (member.key == "console")
      return section<console::ConsoleOptions>(node, console::console_option_rows,
                                              out_.config.console);
    out_.errors.push_back(
        base::unknown_key(member, file_.name,
                          {"inputs", "channels", "packs", "store", "engine", "intake", "syslog",
                           "correlate", "lockout", "console"}));
  }

  void read_packs(const YamlNode& node) {
    PackOptions packs = packs_of(out_.config.daemon);
    section<PackOptions>(node, pack_rows, packs);
    out_.config.daemon.rules = std::move(packs.rules);
    out_.config.daemon.decoders = std::move(packs.decoders);
    out_.config.daemon.lists = std::move(packs.lists);
    out_.config.daemon.mappings = std::move(packs.mappings);
    out_.config.daemon.default_rules = packs.default_rules;
    out_.config.daemon.cache = std::move(packs.cache);
  }

  // The store's options and its place stand in one section.
  void read_store(const YamlNode& node) {
    PlaceOptions place;
    add(base::read_options<store::StoreOptions>(node, file_.name, store::option_rows,
                                                out_.config.daemon.store, {"path"}));
    // Unknown keys were told above.
    if (const YamlNode* path = node.find("path")) {
      if (auto read = base::read_option(*path, file_.name, place_rows[0].text, place.path); !read)
        out_.errors.push_back(read.error());
      if (!place.path.empty()) out_.config.daemon.store_path = place.path;
    }
  }

  // One of that name: what it was told before, or a new one.
  template <typename Options>
  static Options& named(std::vector<Options>& all, const std::string& name) {
    const auto found = std::ranges::find(all, name, &Options::name);
    if (found != all.end()) return *found;
    all.emplace_back().name = name;
    return all.back();
  }

  // inputs: a map from name to options. The first file that has any takes the place of the
  // defaults.
  void read_inputs(const YamlNode& node) {
    if (!inputs_at_) out_.config.daemon.inputs.clear();
    inputs_at_ = base::origin_of(file_.name, node);
    if (node.is_null()) return;
    if (!node.is_map())
      return fail(node, "`inputs` is a map from a name to the options of that input");
    for (const YamlNode::Member& member : node.members)
      section(member.value, ingest::input_option_rows(),
              named(out_.config.daemon.inputs, member.key));
  }

  void read_channels(const YamlNode& node) {
    if (node.is_null()) return;
    if (!node.is_map())
      return fail(node, "`channels` is a map from a name to the options of that channel");
    for (const YamlNode::Member& member : node.members) {
      respond::ChannelOptions& options = named(out_.config.daemon.channels, member.key);
      section<respond::ChannelOptions>(member.value, respond::channel_option_rows, options);
      if (auto checked = respond::check_channel(options); !checked) {
        base::Error error = std::move(checked).error();
        error.origin = {file_.name, member.line, member.column};
        out_.errors.push_back(std::move(error));
      }
    }
  }

  base::SourceText file_;  // its name only
  std::optional<base::Origin> inputs_at_;
  ReadConfig& out_;
};

}  // namespace

Config default_config() {
  Config config;
  config.daemon.inputs = {input("udp", "udp"), input("tcp", "tcp")};
  config.daemon.store_path = state_folder();
  config.console.socket = default_socket();
  return config;
}

ReadConfig read_config(const base::SourceText& file) { return read_configs({file}); }

ReadConfig read_configs(const std::vector<base::SourceText>& files) {
  ReadConfig out;
  out.config = default_config();
  Reader reader(out);
  for (const base::SourceText& file : files) reader.read_file(file);
  reader.finish();
  return out;
}

base::Result<ReadConfig> load_config(const std::string& chosen, const std::string& installed) {
  const std::string& path = chosen.empty() ? installed : chosen;
  std::vector<base::SourceText> files;
  std::error_code ignored;
  if (!chosen.empty() || std::filesystem::exists(path, ignored)) {
    TRY(base::SourceText file, base::read_source(path));
    files.push_back(std::move(file));
  }
  TRY(DropIns beside, find_drop_ins(path));
  for (const std::string& name : beside.configurations) {
    TRY(base::SourceText file, base::read_source(name));
    files.push_back(std::move(file));
  }
  ReadConfig out = read_configs(files);
  const auto append = [](std::vector<std::string> from, std::vector<std::string>& to) {
    std::move(from.begin(), from.end(), std::back_inserter(to));
  };
  append(std::move(beside.rules), out.config.daemon.rules);
  append(std::move(beside.decoders), out.config.daemon.decoders);
  append(std::move(beside.lists), out.config.daemon.lists);
  append(std::move(beside.mappings), out.config.daemon.mappings);
  return out;
}

std::string store_folder(const std::string& chosen) {
  if (!chosen.empty()) return chosen;
  // An installed file that cannot be read is the daemon's business; its store is then not known.
  const auto installed = load_config({});
  return (installed ? installed->config : default_config()).daemon.store_path;
}

namespace {

// Collects the keys whose values differ and that are read at a start only.
class Differences {
 public:
  template <typename Struct>
  void compare(std::string_view section, std::span<const base::Option<Struct>> rows,
               const Struct& a, const Struct& b) {
    for (const auto& row : rows) {
      const bool same = std::visit([&](auto place) { return a.*place == b.*place; }, row.member);
      if (!same && row.text.restart)
        keys_.push_back(std::string(section) + "." + std::string(row.text.key));
    }
  }
  // Inputs and channels, by name.
  template <typename Struct>
  void compare_all(std::string_view section, std::span<const base::Option<Struct>> rows,
                   const std::vector<Struct>& a, const std::vector<Struct>& b) {
    const auto has = [](const std::vector<Struct>& list, const std::string& name) {
      return std::ranges::find(list, name, &Struct::name);
    };
    for (const Struct& one : a) {
      const std::string key = std::string(section) + "." + one.name;
      if (const auto other = has(b, one.name); other != b.end()) {
        compare(key, rows, one, *other);
      } else {
        keys_.push_back(key);
      }
    }
    for (const Struct& one : b) {
      if (has(a, one.name) == a.end()) keys_.push_back(std::string(section) + "." + one.name);
    }
  }
  std::vector<std::string> keys() && { return std::move(keys_); }

 private:
  std::vector<std::string> keys_;
};

}  // namespace

std::vector<std::string> restart_needed(const Config& running, const Config& read) {
  const engine::DaemonOptions& a = running.daemon;
  const engine::DaemonOptions& b = read.daemon;
  Differences all;
  all.compare_all<ingest::InputOptions>("inputs", ingest::input_option_rows(), a.inputs, b.inputs);
  all.compare_all<respond::ChannelOptions>("channels", respond::channel_option_rows, a.channels,
                                           b.channels);
  all.compare<PackOptions>("packs", pack_rows, packs_of(a), packs_of(b));
  all.compare<PlaceOptions>("store", place_rows, {a.store_path}, {b.store_path});
  all.compare<store::StoreOptions>("store", store::option_rows, a.store, b.store);
  all.compare("engine", engine::engine_option_rows(), a.engine, b.engine);
  all.compare<ingest::IntakeOptions>("intake", IntakeRows::rows, a.intake, b.intake);
  all.compare("syslog", ingest::syslog_option_rows(), a.fold.syslog, b.fold.syslog);
  all.compare<correlate::Options>("correlate", correlate::option_rows, a.fold.correlate,
                                  b.fold.correlate);
  all.compare<respond::LockoutOptions>("lockout", respond::lockout_option_rows, a.fold.lockout,
                                       b.fold.lockout);
  all.compare<console::ConsoleOptions>("console", console::console_option_rows, running.console,
                                       read.console);
  return std::move(all).keys();
}

namespace {

class Values {
 public:
  template <typename Struct>
  void add(std::string_view section, std::span<const base::Option<Struct>> rows,
           const Struct& options) {
    for (const auto& row : rows)
      values_.push_back({{std::string(section), std::string(row.text.key)}, text(row, options)});
  }
  // By name, with their type first; the name is not said again.
  template <typename Struct>
  void add_named(std::string_view section, std::span<const base::Option<Struct>> rows,
                 const std::vector<Struct>& all) {
    const Struct defaults;
    for (const Struct& one : all) {
      for (const auto& row : rows) {
        const std::string value = text(row, one);
        if (row.text.key == "name" || (row.text.key != "type" && value == text(row, defaults)))
          continue;
        values_.push_back({{std::string(section), one.name, std::string(row.text.key)}, value});
      }
    }
  }
  std::vector<ConfigValue> values() && { return std::move(values_); }

 private:
  template <typename Struct>
  static std::string text(const base::Option<Struct>& row, const Struct& options) {
    std::string out;
    std::visit([&](auto place) { base::append_option(out, row.text, options.*place); }, row.member);
    return out;
  }
  std::vector<ConfigValue> values_;
};

}  // namespace

std::vector<ConfigValue> config_values(const Config& config) {
  const engine::DaemonOptions& daemon = config.daemon;
  Values all;
  all.add_named("inputs", ingest::input_option_rows(), daemon.inputs);
  all.add_named<respond::ChannelOptions>("channels", respond::channel_option_rows, daemon.channels);
  all.add<PackOptions>("packs", pack_rows, packs_of(daemon));
  all.add<PlaceOptions>("store", place_rows, {daemon.store_path});
  all.add<store::StoreOptions>("store", store::option_rows, daemon.store);
  all.add("engine", engine::engine_option_rows(), daemon.engine);
  all.add<ingest::IntakeOptions>("intake", IntakeRows::rows, daemon.intake);
  all.add("syslog", ingest::syslog_option_rows(), daemon.fold.syslog);
  all.add<correlate::Options>("correlate", correlate::option_rows, daemon.fold.correlate);
  all.add<respond::LockoutOptions>("lockout", respond::lockout_option_rows, daemon.fold.lockout);
  all.add<console::ConsoleOptions>("console", console::console_option_rows, config.console);
  return std::move(all).values();
}

std::vector<base::OptionInfo> all_options() {
  std::vector<base::OptionInfo> all;
  auto add = [&all](std::vector<base::OptionInfo> infos) {
    std::move(infos.begin(), infos.end(), std::back_inserter(all));
  };
  add(base::describe_options<PackOptions>("packs", pack_rows));
  add(base::describe_options<PlaceOptions>("store", place_rows));
  add(base::describe_options<store::StoreOptions>("store", store::option_rows));
  add(base::describe_options("engine", engine::engine_option_rows()));
  add(base::describe_options<ingest::IntakeOptions>("intake", IntakeRows::rows));
  add(base::describe_options("syslog", ingest::syslog_option_rows()));
  add(base::describe_options<correlate::Options>("correlate", correlate::option_rows));
  add(base::describe_options<respond::LockoutOptions>("lockout", respond::lockout_option_rows));
  add(base::describe_options<console::ConsoleOptions>("console", console::console_option_rows));
  return all;
}

std::vector<base::OptionInfo> input_options() {
  return base::describe_options("inputs.NAME", ingest::input_option_rows());
}

std::vector<base::OptionInfo> channel_options() {
  return base::describe_options<respond::ChannelOptions>("channels.NAME",
                                                         respond::channel_option_rows);
}

}  // namespace tocsin::cli
