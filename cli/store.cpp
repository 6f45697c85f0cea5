#include "cli/store.hpp"

#include <simdjson.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/config.hpp"
#include "cli/progress.hpp"
#include "cli/report.hpp"
#include "cli/setup.hpp"
#include "cli/status.hpp"
#include "console/http/client.hpp"
#include "store/backup.hpp"
#include "store/check.hpp"
#include "store/folder.hpp"
#include "store/salvage.hpp"
#include "store/store.hpp"

namespace tocsin::cli {

namespace {

using store::CheckReport;
using store::Finding;

int refuse(const base::Error& error, const Streams& streams) {
  print_errors(streams.err, {error}, "error");
  return exit_code_of({error}, exit_code::findings);
}

// ---- check

std::string frames_of(event::Seq first, event::Seq last) {
  return first == last ? fmt::format("frame {}", first.value)
                       : fmt::format("frames {} to {}", first.value, last.value);
}

std::string line_of(const Finding& finding) {
  std::string where = finding.file;
  if (finding.first.value != 0) {
    where += (where.empty() ? "" : ": ") + frames_of(finding.first, finding.last);
    if (finding.to.value != 0) {
      where += fmt::format(" (received {} to {})", base::format_rfc3339(finding.from.value),
                           base::format_rfc3339(finding.to.value));
    }
  }
  return fmt::format("{}{}{}: {}", where, where.empty() ? "" : ": ", finding.code,
                     finding.sentence);
}

void put_json(const Finding& finding, const Streams& streams) {
  std::string line;
  base::JsonWriter json(line);
  json.begin_object()
      .member("code", std::string_view(finding.code))
      .member("sentence", std::string_view(finding.sentence))
      .member("file", std::string_view(finding.file));
  if (finding.first.value != 0)
    json.member("first", finding.first.value).member("last", finding.last.value);
  if (finding.to.value != 0) {
    json.member("from", std::string_view(base::format_rfc3339(finding.from.value)))
        .member("to", std::string_view(base::format_rfc3339(finding.to.value)));
  }
  json.end_object();
  put_line(streams.out, line);
}

CheckReport check(const std::string& path, bool show, const Streams& streams) {
  const auto start = std::chrono::steady_clock::now();
  auto last = start;
  const auto progress = [&](std::uint64_t done, std::uint64_t total) {
    const auto now = std::chrono::steady_clock::now();
    if (!show || now - last < std::chrono::milliseconds(200)) return;
    last = now;
    put(streams.err, "\r\033[K" + progress_line({done, done, total, now - start}));
    std::fflush(streams.err);
  };
  CheckReport report = store::check_store(path, {}, progress);
  if (show) put(streams.err, "\r\033[K");
  return report;
}

void put_summary(const CheckReport& report, const Streams& streams) {
  put_line(streams.err,
           fmt::format("{} in {} and {} read: {}", counted(report.frames, "event"),
                       counted(report.blocks, "block"), counted(report.records, "record"),
                       report.findings.empty() ? "all is as it was written"
                                               : counted(report.findings.size(), "finding")));
  if (report.last_seq >= report.first_seq && report.last_seq.value != 0) {
    put_line(streams.err,
             fmt::format("the chain of hashes up to frame {} is {}", report.last_seq.value,
                         base::to_hex(report.chain.data(), report.chain.size())));
  }
}

int run_check(const StoreCommand& command, const Streams& streams) {
  const std::string path = store_folder(command.store);
  const bool show = !command.json && ::isatty(::fileno(streams.err)) != 0;
  const CheckReport report = check(path, show, streams);
  for (const Finding& finding : report.findings) {
    if (command.json) {
      put_json(finding, streams);
    } else {
      put_line(streams.out, base::printable(line_of(finding)));
    }
  }
  if (command.json) {
    std::string line;
    base::JsonWriter(line)
        .begin_object()
        .key("checked")
        .begin_object()
        .member("events", report.frames)
        .member("blocks", report.blocks)
        .member("records", report.records)
        .member("first", report.first_seq.value)
        .member("last", report.last_seq.value)
        .member("chain", std::string_view(base::to_hex(report.chain.data(), report.chain.size())))
        .member("findings", report.findings.size())
        .end_object()
        .end_object();
    put_line(streams.out, line);
  } else {
    put_summary(report, streams);
    if (!report.findings.empty())
      put_line(streams.err, "`tocsin store salvage` saves what is left into a new store");
  }
  return report.findings.empty() ? exit_code::ok : exit_code::findings;
}

// ---- backup

// The store of the daemon, once that has put a snapshot into it.
base::Result<std::string> ask_daemon(const StoreCommand& command) {
  TRY(const std::string socket, daemon_socket(command.socket, command.config));
  console::ClientOptions options;
  options.timeout = std::chrono::minutes(5);
  TRY(const auto answer,
      console::http_post(socket, "/api/v1/snapshot", "", "application/json", options));
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  std::string_view text, code;
  if (parser.parse(answer.body).get(document) == simdjson::SUCCESS) {
    if (answer.status == 200 && document["store"].get(text) == simdjson::SUCCESS)
      return std::string(text);
    if (document["code"].get(code) == simdjson::SUCCESS &&
        document["sentence"].get(text) == simdjson::SUCCESS) {
      return base::fail(std::string(code), std::string(text));
    }
  }
  return base::fail("console-6", fmt::format("the daemon answered with status {}", answer.status));
}

base::Result<std::string> snapshot_of(const StoreCommand& command) {
  const std::string path = store_folder(command.store);
  if (store::is_locked(path)) return ask_daemon(command);
  // Not made when it is not there.
  TRY_VOID(store::Folder::inspect(path));
  TRY(const auto store, store::Store::open(path));
  TRY_VOID(store->snapshot());
  TRY_VOID(store->close());
  return path;
}

// One line: of which log, and what its chain was, for who wants to know later that it is the same.
void put_result(const CheckReport& report, std::string_view done, const std::string& at,
                const StoreCommand& command, const Streams& streams) {
  const std::string chain = base::to_hex(report.chain.data(), report.chain.size());
  if (command.json) {
    std::string line;
    base::JsonWriter(line)
        .begin_object()
        .member(done, std::string_view(at))
        .member("events", report.frames)
        .member("last", report.last_seq.value)
        .member("chain", std::string_view(chain))
        .end_object();
    put_line(streams.out, line);
    return;
  }
  put_line(streams.out, base::printable(at));
  put_summary(report, streams);
}

int run_backup(const StoreCommand& command, const Streams& streams) {
  const auto store = snapshot_of(command);
  if (!store) {
    const bool daemon = store.error().code.starts_with("console");
    print_errors(streams.err, {store.error()}, "error");
    return exit_code_of({store.error()}, daemon ? exit_code::no_daemon : exit_code::findings);
  }
  if (const auto taken = store::take_snapshot(*store, command.other); !taken)
    return refuse(taken.error(), streams);
  // A backup that nobody read is none.
  const CheckReport report = check(command.other, false, streams);
  for (const Finding& finding : report.findings)
    put_line(streams.err, "tocsin: " + base::printable(line_of(finding)));
  put_result(report, "backup", command.other, command, streams);
  return report.findings.empty() ? exit_code::ok : exit_code::findings;
}

int run_restore(const StoreCommand& command, const Streams& streams) {
  const CheckReport report = check(command.other, false, streams);
  for (const Finding& finding : report.findings)
    put_line(streams.err, "tocsin: " + base::printable(line_of(finding)));
  if (!report.findings.empty()) {
    put_line(streams.err,
             "tocsin: this backup is damaged and not restored; `tocsin store salvage` saves what "
             "is left of it");
    return exit_code::findings;
  }
  const std::string path = store_folder(command.store);
  if (const auto restored = store::restore(command.other, path); !restored)
    return refuse(restored.error(), streams);
  put_result(report, "store", path, command, streams);
  return exit_code::ok;
}

// ---- salvage

int run_salvage(const StoreCommand& command, const Streams& streams) {
  const auto saved = store::salvage(store_folder(command.store), command.other);
  if (!saved) return refuse(saved.error(), streams);
  for (const store::LostFrames& lost : saved->lost) {
    if (command.json) {
      std::string line;
      base::JsonWriter(line)
          .begin_object()
          .member("lost", lost.last.value - lost.first.value + 1)
          .member("first", lost.first.value)
          .member("last", lost.last.value)
          .end_object();
      put_line(streams.out, line);
    } else {
      put_line(streams.out, "lost: " + frames_of(lost.first, lost.last));
    }
  }
  if (command.json) {
    std::string line;
    base::JsonWriter(line)
        .begin_object()
        .key("salvaged")
        .begin_object()
        .member("events", saved->frames)
        .member("records", saved->records)
        .member("lost_records", saved->bad_records)
        .member("lost_alerts", saved->lost_alerts)
        .member("counted", saved->counted)
        .member("state", saved->state)
        .end_object()
        .end_object();
    put_line(streams.out, line);
  } else {
    put_line(streams.err,
             fmt::format("{} and {} saved into {}", counted(saved->frames, "event"),
                         counted(saved->records, "record"), base::printable(command.other)));
    if (saved->bad_records > 0)
      put_line(streams.err, fmt::format("{} lost", counted(saved->bad_records, "record")));
    if (saved->lost_alerts > 0)
      put_line(streams.err, fmt::format("{} lost", counted(saved->lost_alerts, "alert")));
    if (!saved->counted) {
      put_line(streams.err,
               "the record of how much there was is lost: frames and alerts may be missing at the "
               "end without being named");
    }
    if (!saved->state) {
      put_line(streams.err,
               "the windows are computed anew from the log, and files that were read are read "
               "again");
    }
  }
  const bool whole =
      saved->lost.empty() && saved->bad_records == 0 && saved->lost_alerts == 0 && saved->counted;
  return whole ? exit_code::ok : exit_code::findings;
}

}  // namespace

int run_store(const StoreCommand& command, const Streams& streams) {
  switch (command.action) {
    case StoreCommand::Action::check:
      return run_check(command, streams);
    case StoreCommand::Action::backup:
      return run_backup(command, streams);
    case StoreCommand::Action::restore:
      return run_restore(command, streams);
    case StoreCommand::Action::salvage:
      return run_salvage(command, streams);
  }
  return exit_code::usage;
}

}  // namespace tocsin::cli
