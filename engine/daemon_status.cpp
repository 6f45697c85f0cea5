// Daemon: what it says of itself.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/json.hpp"
#include "engine/daemon.hpp"
#include "metrics/rows.hpp"

namespace tocsin::engine {

namespace row = metrics::row;

namespace {

constexpr std::size_t shown_warnings = 100;  // of sources

// Where an input listens or reads, as a person would look for it.
std::string place_of(const ingest::InputOptions& input, std::uint16_t port) {
  if (input.type == "udp" || input.type == "tcp") {
    const bool v6 = input.address.contains(':');
    return fmt::format("{}{}{}:{}", v6 ? "[" : "", input.address, v6 ? "]" : "", port);
  }
  if (input.path.empty()) return "the system's journal";
  return fmt::format("{}", fmt::join(input.path, ", "));
}

}  // namespace

std::vector<std::string> Daemon::not_ready() const {
  std::vector<std::string> reasons;
  if (!running_) reasons.emplace_back("not started, or stopping");
  if (store_fails_) reasons.emplace_back("the store refuses writes");
  return reasons;
}

Daemon::Pulse Daemon::pulse() const {
  Pulse pulse;
  if (running_) pulse.beats = executor_->beats();
  pulse.store_fails = store_fails_;
  port_.with([&pulse](const store::Store& store) {
    const store::StoreStats stats = store.stats();
    pulse.events = stats.totals.frames();
    pulse.alerts = stats.totals.next_alert;
  });
  return pulse;
}

// Who is meant: names are for people, metrics have numbers only.
void Daemon::write_sources(base::JsonWriter& json) const {
  if (!source_watch_) return;
  const SourceWatch::Report report = source_watch_->look(clock_.now(), shown_warnings);
  json.key("sources").begin_object().member("watched", report.watched);
  json.member("learning", report.learning).member("unwatched", report.unwatched);
  json.member("skewed", report.skewed).member("silent", report.silent);
  json.key("warnings").begin_array();
  for (const SourceWatch::Warning& warning : report.warnings) {
    const event::Source& source = sources_[warning.source];
    json.begin_object().member("input", std::string_view(source.input));
    json.member("peer", std::string_view(source.peer));
    const auto seconds = [&json](std::string_view name, std::int64_t ns) {
      json.member(name, static_cast<double>(ns) / 1e9);
    };
    if (warning.skew) seconds("skew_seconds", *warning.skew);
    if (warning.silent) seconds("silent_seconds", *warning.silent);
    if (warning.usual_gap != 0) seconds("usual_gap_seconds", warning.usual_gap);
    json.end_object();
  }
  json.end_array().end_object();
}

std::string Daemon::status() const {
  std::string out;
  base::JsonWriter json(out);
  json.begin_object().member("version", TOCSIN_VERSION).member("ready", not_ready().empty());
  json.member("started", std::string_view(base::format_rfc3339(started_.value)));
  json.key("not_ready").begin_array();
  for (const std::string& reason : not_ready()) json.value(std::string_view(reason));
  json.end_array();
  const std::shared_ptr<const Setup> now = setup();
  json.key("rules").begin_object().member("loaded", now->pipeline->rules->size());
  json.member("correlations", now->pipeline->rules->correlations().size());
  json.member("patterns", now->pipeline->decoders->pattern_count());
  json.key("warming").begin_array();
  for (const LiveObserver::WarmingRule& rule : observer_.warming_rules()) {
    json.begin_object().member("rule", std::string_view(rule.id)).key("until");
    if (rule.until) {
      json.value(std::string_view(base::format_rfc3339(*rule.until)));
    } else {
      json.null();
    }
    json.end_object();
  }
  json.end_array().end_object();
  if (const std::optional<Reloaded> last = reloader_.last()) {
    json.key("reload").begin_object();
    write_json(*last, json);
    json.end_object();
  }
  json.key("inputs").begin_array();
  const auto peers = listeners_.peers();
  intake_.for_each_input([&](const ingest::InputCounters& counters) {
    json.begin_object()
        .member("name", std::string_view(counters.name))
        .member("transport", event::name_of(counters.transport));
    for (const ingest::InputOptions& input : options_.inputs) {
      if (input.name == counters.name)
        json.member("at", std::string_view(place_of(input, listeners_.port(input.name))));
    }
    json.member("received", counters.received.get()).member("bytes", counters.received_bytes.get());
    json.member("kernel_drops", counters.kernel_drops.get())
        .member("connections", counters.connections_open.get())
        .member("stored", registry_.counter(row::events_stored, {counters.name}).value())
        .member("unaccounted",
                static_cast<std::int64_t>(
                    registry_.gauge(row::conservation_imbalance, {counters.name}).value()));
    json.key("peers").begin_array();
    for (const auto& of_input : peers) {
      if (of_input.input != counters.name) continue;
      for (const auto& peer : of_input.peers) {
        json.begin_object()
            .member("peer", std::string_view(peer.peer))
            .member("received", peer.frames)
            .member("bytes", peer.bytes)
            .end_object();
      }
    }
    json.end_array().end_object();
  });
  json.end_array();
  write_sources(json);
  json.key("store").begin_object().member("path", std::string_view(options_.store_path));
  port_.with([&json](const store::Store& store) {
    const store::StoreStats stats = store.stats();
    json.member("events", stats.totals.frames())
        .member("last_seq", store.last_seq().value)
        .member("durable_seq", store.durable_seq().value);
    json.member("alerts", stats.totals.next_alert).member("bytes", stats.bytes);
  });
  json.end_object().key("channels").begin_array();
  for (const respond::ChannelStatus& channel : channels_.status()) {
    json.begin_object()
        .member("name", std::string_view(channel.name))
        .member("owed", channel.owed)
        .member("delivered", channel.delivered);
    json.member("failed", channel.failed)
        .member("dead", channel.dead)
        .member("last_error", std::string_view(channel.last_error))
        .end_object();
  }
  json.end_array().end_object();
  return out;
}

}  // namespace tocsin::engine
