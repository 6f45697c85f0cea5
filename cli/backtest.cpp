#include "cli/backtest.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "cli/backtest_report.hpp"
#include "cli/config.hpp"
#include "cli/progress.hpp"
#include "cli/report.hpp"
#include "cli/rule_choice.hpp"
#include "cli/setup.hpp"
#include "cli/table.hpp"
#include "engine/alert_difference.hpp"
#include "engine/backtest.hpp"
#include "search/time_span.hpp"

namespace tocsin::cli {

namespace {

constexpr std::string_view stored_word = "stored";

int refuse(const Streams& streams, const std::string& sentence) {
  put_line(streams.err, "tocsin backtest: " + sentence);
  return exit_code::usage;
}

bool names_files(const std::string& word) {
  std::error_code error;
  return names_a_file(word) || std::filesystem::is_directory(word, error);
}

// What is run: packs, and the ids of the rules that were meant.
struct Form {
  engine::PackTexts packs;
  std::vector<std::string> ids;
  std::vector<std::string> alerting;  // those of them that raise alerts
  std::vector<std::string> above;     // titles of rules that refer to them and are not run
};

// From words to the rules that they mean, among all that the configuration loads.
class Loader {
 public:
  Loader(const engine::DaemonOptions& daemon, const Streams& streams)
      : daemon_(daemon), streams_(streams) {}

  // An exit code when there is nothing to run.
  int load(const std::vector<std::string>& words, Form& out) {
    PackArguments packs{daemon_.rules,    daemon_.decoders,      daemon_.lists,
                        daemon_.mappings, daemon_.default_rules, daemon_.cache};
    std::ranges::copy_if(words, std::back_inserter(packs.replacing), names_files);
    std::vector<std::string> files;
    for (const std::string& path : packs.replacing) {
      const auto found = engine::find_files(path);
      if (!found) return refuse_packs({found.error()});
      files.insert(files.end(), found->begin(), found->end());
    }
    LoadedSetup loaded = load_setup(packs, daemon_.fold);
    const auto is_ours = [&files](const base::Error& error) {
      return std::ranges::find(files, error.origin.name) != files.end();
    };
    const bool ours = std::ranges::any_of(loaded.errors, is_ours);
    if (ours) std::erase_if(loaded.errors, std::not_fn(is_ours));
    if (ours || !loaded.setup.pipeline) return refuse_packs(loaded.errors);
    print_errors(streams_.err, loaded.errors, "warning");
    const rules::RuleSet& rules = *loaded.setup.pipeline->rules;
    for (const std::string& word : words) {
      if (const int code = add(word, rules, out); code != exit_code::ok) return code;
    }
    add_above(rules, out);
    out.packs = std::move(loaded.setup.packs);
    return exit_code::ok;
  }

 private:
  int add(const std::string& word, const rules::RuleSet& rules, Form& out) {
    std::vector<event::RuleIndex> meant;
    if (!names_files(word)) {
      meant = rules_meant(rules, word);
      if (meant.empty()) return refuse(streams_, no_such_rule(rules, word));
    } else {
      const auto files = engine::find_files(word);
      for (std::uint32_t i = 0; files && i < rules.size(); ++i) {
        const std::string& file = rules.rules()[i].origin.name;
        if (std::ranges::find(*files, file) != files->end()) meant.emplace_back(i);
      }
      if (meant.empty())
        return refuse(streams_,
                      base::printable(fmt::format("{} has no rule that can be run", word)));
    }
    for (const event::RuleIndex index : meant) {
      const rules::Rule& rule = rules[index];
      if (std::ranges::find(out.ids, rule.id) != out.ids.end()) continue;
      out.ids.push_back(rule.id);
      if (rule.alerts) out.alerting.push_back(rule.id);
    }
    return exit_code::ok;
  }

  static void add_above(const rules::RuleSet& rules, Form& out) {
    for (const std::string& id : out.ids) {
      for (const event::RuleIndex index : rules.referrers(rules.find(id).value())) {
        const rules::Rule& rule = rules[index];
        if (std::ranges::find(out.ids, rule.id) == out.ids.end() &&
            std::ranges::find(out.above, rule.title) == out.above.end())
          out.above.push_back(rule.title);
      }
    }
  }

  int refuse_packs(const base::Errors& errors) {
    print_errors(streams_.err, errors, "error");
    return exit_code_of(errors, exit_code::invalid);
  }

  const engine::DaemonOptions& daemon_;
  const Streams& streams_;
};

class Runner {
 public:
  Runner(const BacktestCommand& command, const engine::DaemonOptions& daemon,
         const store::Store& store, const Streams& streams)
      : command_(command), daemon_(daemon), store_(store), streams_(streams) {}

  int run(const store::TimeSpan& span) {
    span_ = span;
    Form form, old_form;
    Loader loader(daemon_, streams_);
    if (const int code = loader.load(command_.rules, form); code != exit_code::ok) return code;
    const bool stored = command_.against == std::vector<std::string>{std::string(stored_word)};
    const bool compares = !command_.against.empty();
    if (compares && !stored) {
      if (const int code = loader.load(command_.against, old_form); code != exit_code::ok)
        return code;
    }
    engine::Backtest now, old;
    const auto start = std::chrono::steady_clock::now();
    if (const int code = fold(form, now); code != exit_code::ok) return code;
    const auto elapsed = std::chrono::steady_clock::now() - start;
    BacktestReport report(now, {command_.limit, span, elapsed, form.above});
    if (!compares) return show(report);
    if (stored) {
      if (const int code = read_stored(form, now, old); code != exit_code::ok) return code;
    } else {
      if (const int code = fold(old_form, old); code != exit_code::ok) return code;
      take_for_the_same(form, old_form, old);
      // Where one of them ended early, both are compared up to there.
      cut(old, now.end, now.is_cut);
      cut(now, old.end, old.is_cut);
    }
    report.compare(old);
    const int code = show(report);
    if (code != exit_code::ok) return code;
    return report.differs() ? exit_code::findings : exit_code::ok;
  }

 private:
  int fold(const Form& form, engine::Backtest& out) {
    engine::BacktestRequest request;
    request.packs = form.packs;
    request.rules = form.ids;
    request.span = span_;
    request.threads = command_.threads != 0 ? command_.threads
                                            : std::max(1U, std::thread::hardware_concurrency());
    if (command_.max_alerts != 0) {
      request.most_alerts = command_.max_alerts;
    } else {
      request.most_alerts = std::numeric_limits<std::size_t>::max();
    }
    request.cache = open_cache(daemon_.cache);
    const auto start = std::chrono::steady_clock::now();
    auto last = start;
    const bool shown = !command_.json && ::isatty(::fileno(streams_.err)) != 0;
    request.on_progress = [&](std::uint64_t done, std::uint64_t total) {
      const auto now = std::chrono::steady_clock::now();
      if (!shown || now - last < std::chrono::milliseconds(200)) return;
      last = now;
      put(streams_.err, "\r\033[K" + progress_line({done, done, total, now - start}));
      std::fflush(streams_.err);
    };
    auto result = engine::backtest(store_, request);
    if (shown) put(streams_.err, "\r\033[K");
    if (!result) return fail(result.error());
    out = *std::move(result);
    return exit_code::ok;
  }

  int read_stored(const Form& form, const engine::Backtest& now, engine::Backtest& out) {
    const auto read = store_.read_alerts({}, [&](const store::StoredAlert& stored) {
      const event::Alert& alert = stored.alert;
      const bool wanted = std::ranges::find(form.ids, alert.rule_id) != form.ids.end();
      if (wanted && alert.fired_at >= now.begin && alert.fired_at <= span_.to &&
          (!now.is_cut || alert.fired_at <= now.end))
        out.alerts.push_back(alert);
      return true;
    });
    return read ? exit_code::ok : fail(read.error());
  }

  // A rule that was renamed is still the one that is asked about, where there is only one.
  static void take_for_the_same(const Form& form, const Form& old_form, engine::Backtest& old) {
    if (form.alerting.size() != 1 || old_form.alerting.size() != 1) return;
    for (event::Alert& alert : old.alerts) alert.rule_id = form.alerting.front();
  }

  static void cut(engine::Backtest& what, base::EventTime end, bool is_cut) {
    if (!is_cut) return;
    std::erase_if(what.alerts, [end](const event::Alert& alert) { return alert.fired_at > end; });
  }

  int show(BacktestReport& report) {
    if (command_.json) {
      put(streams_.out, report.json());
    } else {
      put(streams_.out, report.text(terminal_width(::fileno(streams_.out))));
      put_line(streams_.err, report.cost());
    }
    return exit_code::ok;
  }

  int fail(const base::Error& error) {
    print_errors(streams_.err, {error}, "error");
    return error.code == "engine-20" ? exit_code::usage
                                     : exit_code_of({error}, exit_code::findings);
  }

  const BacktestCommand& command_;
  const engine::DaemonOptions& daemon_;
  const store::Store& store_;
  const Streams& streams_;
  store::TimeSpan span_;
};

}  // namespace

int run_backtest(const BacktestCommand& command, const Streams& streams) {
  store::TimeSpan span;
  if (const std::string wrong = search::read_span(command.from, command.to, command.last, span);
      !wrong.empty())
    return refuse(streams, wrong);
  if (command.against.size() > 1 &&
      std::ranges::find(command.against, stored_word) != command.against.end())
    return refuse(streams, "--against is either `stored` or names files");
  const auto config = load_config(command.config);
  const base::Errors wrong = config ? config->errors : base::Errors{config.error()};
  if (!wrong.empty()) {
    print_errors(streams.err, wrong, "error");
    return exit_code_of(wrong, exit_code::invalid);
  }
  const auto store = store::Store::open_read_only(store_folder(command.store));
  if (!store) {
    print_errors(streams.err, {store.error()}, "error");
    return exit_code_of({store.error()}, exit_code::findings);
  }
  return Runner(command, config->config.daemon, **store, streams).run(span);
}

}  // namespace tocsin::cli
