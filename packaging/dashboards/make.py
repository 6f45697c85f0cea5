#!/usr/bin/env python3
"""Writes Grafana's dashboards from the tables below: a row of a table is a panel. `--check`: exit 1 when a file differs.

A panel: title, kind, unit, sentence, queries as (expression, legend), and maybe thresholds and the runbook's section.
`W` stands for the labels that choose the daemon, `R` for the span that a rate is taken over."""
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
RUNBOOKS = "/usr/share/doc/tocsin/runbooks.md"
GREEN, ORANGE, RED = "green", "orange", "red"


def wrong(limit):
    """Green below the limit, red from there on."""
    return [(None, GREEN), (limit, RED)]


def steps(orange, red):
    return [(None, GREEN), (orange, ORANGE), (red, RED)]


def quantiles(metric, by=""):
    comma = f", {by}" if by else ""
    legend = f" {{{{{by}}}}}" if by else ""
    return [(f"histogram_quantile({q}, sum by (le{comma}) (rate({metric}_bucket{{W}}[R])))", f"p{name}{legend}") for q, name in ((0.5, 50), (0.99, 99))]


OVERVIEW = [
    ("Up", "stat", "bool_on_off", "Whether Prometheus reaches the daemon.", [("up{W}", "")], [(None, RED), (1, GREEN)], "tocsindown"),
    ("Events stored", "stat", "eps", "Events committed to the log each second.", [("sum(rate(tocsin_events_stored_total{W}[R]))", "")]),
    ("Alerts in 24 hours", "stat", "short", "Alerts opened in the last day.", [("sum(increase(tocsin_alerts_total{W}[24h]))", "")]),
    ("Lost", "stat", "short", "Events dropped, by Tocsin or by the kernel, in the last hour.",
     [("sum(increase(tocsin_events_dropped_total{W}[1h])) + sum(increase(tocsin_udp_kernel_drops_total{W}[1h]))", "")], wrong(1), "tocsineventsdropped"),
    ("Sums that are wrong", "stat", "short", "Inputs of which received is not stored + rejected + dropped + in flight.",
     [("sum(tocsin_conservation_violation{W})", "")], wrong(1), "tocsinsumswrong"),
    ("Events in", "timeseries", "eps", "Events read, by input.", [("sum by (input) (rate(tocsin_events_received_total{W}[R]))", "{{input}}")]),
    ("Decoded and undecoded", "timeseries", "eps", "Events whose body a decoder recognised, and others by reason. Undecoded events are stored, and rules see their header.",
     [("sum(rate(tocsin_events_decoded_total{W}[R]))", "decoded"), ("sum by (reason) (rate(tocsin_events_undecoded_total{W}[R]))", "{{reason}}")]),
    ("Detections", "timeseries", "ops", "Events that met a rule.", [("sum(rate(tocsin_detections_total{W}[R]))", "detections")]),
    ("Alerts by level", "timeseries", "short", "Alerts opened, by level.", [("sum by (level) (increase(tocsin_alerts_total{W}[R]))", "{{level}}")]),
    ("Latency", "timeseries", "s", "From the reception of an event until its commit, until it is safe on the disk, until its alert is.",
     quantiles("tocsin_pipeline_latency_seconds", "until"), steps(0.5, 2), "tocsinslow"),
    ("Watermark lag", "timeseries", "s", "How far behind the newest reception events may still come. It grows when a source sends old events or its clock is behind.",
     [("tocsin_watermark_lag_seconds{W}", "lag")], steps(300, 900), "tocsinwatermarkstalled"),
    ("Drops and refusals", "timeseries", "eps", "Events lost by place, refused by reason, and datagrams that the kernel dropped.",
     [("sum by (where) (rate(tocsin_events_dropped_total{W}[R]))", "dropped {{where}}"), ("sum by (reason) (rate(tocsin_events_rejected_total{W}[R]))", "refused {{reason}}"),
      ("sum by (input) (rate(tocsin_udp_kernel_drops_total{W}[R]))", "kernel {{input}}")], wrong(0.001), "tocsineventsdropped"),
    ("Conservation", "timeseries", "short", "What is received - stored - rejected - dropped - in flight: 0, or events are lost or counted twice.",
     [("sum by (input) (tocsin_conservation_imbalance_events{W})", "imbalance {{input}}"), ("sum by (input) (tocsin_events_in_flight{W})", "in flight {{input}}")], None, "tocsinsumswrong"),
    ("Queues", "timeseries", "percentunit", "How full the queues before the stages are.",
     [("tocsin_queue_depth{W} / tocsin_queue_capacity{W}", "{{stage}}")], steps(0.7, 0.9), "tocsinqueuenearfull"),
    ("Queued bytes", "timeseries", "bytes", "Text that waits before the stages.", [("tocsin_queue_bytes{W}", "{{stage}}")]),
    ("Processors at work", "timeseries", "short", "Processors that the stages keep busy; `sequence` can use one at most.",
     [("sum by (stage) (rate(tocsin_stage_busy_seconds_total{W}[R]))", "{{stage}}")]),
]
SOURCES = [
    ("Sources watched", "stat", "short", "Sources whose clock and silence are watched.", [("tocsin_sources_watched{W}", "")]),
    ("Beyond the limit", "stat", "short", "Sources beyond engine.watched_sources.", [("tocsin_sources_unwatched{W}", "")], [(None, GREEN), (1, ORANGE)]),
    ("Silent", "stat", "short", "Sources silent for much longer than usual. `tocsin status` names them.", [("tocsin_sources_silent{W}", "")], [(None, GREEN), (1, ORANGE)], "tocsinsourcesilent"),
    ("Skewed", "stat", "short", "Sources whose clock is steadily off. `tocsin status` names them.", [("tocsin_sources_skewed{W}", "")], [(None, GREEN), (1, ORANGE)], "tocsinsourceskewed"),
    ("Greatest skew", "stat", "s", "How far the worst clock is off.", [("tocsin_sources_greatest_skew_seconds{W}", "")], steps(60, 300), "tocsinsourceskewed"),
    ("Events by input", "timeseries", "eps", "Events read.", [("sum by (input) (rate(tocsin_events_received_total{W}[R]))", "{{input}}")]),
    ("Bytes by input", "timeseries", "Bps", "Bytes read.", [("sum by (input) (rate(tocsin_received_bytes_total{W}[R]))", "{{input}}")]),
    ("Silent and skewed sources", "timeseries", "short", "How many over time.", [("tocsin_sources_silent{W}", "silent"), ("tocsin_sources_skewed{W}", "skewed")], None, "tocsinsourcesilent"),
    ("Late events", "timeseries", "eps", "Events behind the watermark: stored, not correlated.", [("rate(tocsin_events_late_total{W}[R])", "late")], None, "tocsinwatermarkstalled"),
    ("Connections", "timeseries", "short", "Connections that are open.", [("sum by (input) (tocsin_connections{W})", "{{input}}")]),
    ("Connections made and ended", "timeseries", "ops", "Accepted, and closed by Tocsin by reason.",
     [("sum by (input) (rate(tocsin_connections_accepted_total{W}[R]))", "accepted {{input}}"), ("sum by (reason) (rate(tocsin_connections_closed_total{W}[R]))", "closed {{reason}}")]),
    ("Bad frames", "timeseries", "eps", "Messages with a framing defect.", [("sum by (input, reason) (rate(tocsin_frames_invalid_total{W}[R]))", "{{input}} {{reason}}")]),
    ("Anomalies", "timeseries", "eps", "Events with a named defect; docs/reference/anomalies.md explains each.", [("sum by (kind) (rate(tocsin_anomalies_total{W}[R]))", "{{kind}}")]),
]
RULES = [
    ("Rules", "stat", "short", "Rules in force.", [("tocsin_rules_loaded{W}", "")], [(None, RED), (1, GREEN)]),
    ("Decoders", "stat", "short", "Decoders in force.", [("tocsin_decoders_loaded{W}", "")], [(None, RED), (1, GREEN)]),
    ("Errors", "stat", "short", "Errors of the last reading of the packs. `tocsin check` shows them.", [("tocsin_rule_errors{W}", "")], wrong(1), "tocsinruleerrors"),
    ("Warming", "stat", "short", "Rules that look further back than the log goes.", [("tocsin_rules_warming{W}", "")]),
    ("Last reload", "stat", "bool_yes_no", "Whether the last reading of the configuration succeeded.", [("tocsin_config_last_reload_success{W}", "")], [(None, RED), (1, GREEN)], "tocsinreloadrefused"),
    ("Age of the configuration", "stat", "s", "Since the configuration was last read with success.", [("time() - tocsin_config_last_reload_timestamp_seconds{W}", "")]),
    ("Reloads", "timeseries", "short", "Readings of the configuration, by result.", [("sum by (result) (tocsin_config_reloads_total{W})", "{{result}}")], None, "tocsinreloadrefused"),
    ("Most hits", "timeseries", "ops", "The ten rules that meet most events.", [("topk(10, sum by (rule) (rate(tocsin_detections_total{W}[R])))", "{{rule}}")]),
    ("Most alerts", "bargauge", "short", "The ten rules with most alerts in a day.", [("topk(10, sum by (rule) (increase(tocsin_alerts_total{W}[24h])))", "{{rule}}")]),
    ("Amended alerts", "timeseries", "ops", "Alerts that go on, by rule.", [("topk(10, sum by (rule) (rate(tocsin_alerts_amended_total{W}[R])))", "{{rule}}")]),
    ("Most groups", "timeseries", "short", "Groups with a window: the ten rules with most.", [("topk(10, sum by (rule) (tocsin_correlation_groups{W}))", "{{rule}}")], None, "tocsinwindowsoverlimit"),
    ("Memory of windows", "timeseries", "bytes", "The ten rules whose windows take most memory.", [("topk(10, sum by (rule) (tocsin_correlation_state_bytes{W}))", "{{rule}}")], None, "tocsinwindowsoverlimit"),
    ("Memory and its limit", "timeseries", "bytes", "All windows together, and correlate.window_bytes.",
     [("tocsin_correlation_memory_bytes{W}", "in use"), ("tocsin_correlation_memory_limit_bytes{W}", "limit")], None, "tocsinwindowsoverlimit"),
    ("Groups between memory and store", "timeseries", "ops", "Groups that nothing happened to leave memory, and come back when they are touched.",
     [("rate(tocsin_correlation_spilled_total{W}[R])", "left"), ("rate(tocsin_correlation_read_back_total{W}[R])", "came back"),
      ("rate(tocsin_correlation_read_in_vain_total{W}[R])", "sought in vain"), ("rate(tocsin_correlation_swept_total{W}[R])", "forgotten in the store")]),
    ("Windows beyond the limit", "timeseries", "ops", "Growth beyond correlate.window_bytes.", [("rate(tocsin_correlation_over_limit_total{W}[R])", "growths")], wrong(0.001), "tocsinwindowsoverlimit"),
    ("Cost", "timeseries", "s", "Processor time for each event, decoding and matching (`decode`) and correlation with commit (`sequence`). `tocsin rules --events` has it by rule.",
     [("sum by (stage) (rate(tocsin_stage_busy_seconds_total{W}[R])) / scalar(sum(rate(tocsin_events_stored_total{W}[R])))", "{{stage}}")]),
]
RESPONSE = [
    ("Lockouts in 24 hours", "stat", "short", "Account lockouts ordered.", [("sum(increase(tocsin_lockouts_ordered_total{W}[24h]))", "")]),
    ("Refused in 24 hours", "stat", "short", "Lockouts refused, for any reason.", [("sum(increase(tocsin_lockouts_refused_total{W}[24h]))", "")], [(None, GREEN), (1, ORANGE)], "tocsinlockoutsrefused"),
    ("Owed", "stat", "short", "Deliveries that all channels owe.", [("sum(tocsin_outbox_depth{W})", "")], steps(100, 1000), "tocsinoutboxstuck"),
    ("Oldest", "stat", "s", "How long the oldest delivery has been tried.", [("max(tocsin_outbox_oldest_seconds{W})", "")], steps(60, 600), "tocsinoutboxstuck"),
    ("Lockouts", "timeseries", "short", "Account lockouts ordered.", [("increase(tocsin_lockouts_ordered_total{W}[R])", "ordered")]),
    ("Refusals", "timeseries", "short", "Lockouts refused, by reason.", [("sum by (reason) (increase(tocsin_lockouts_refused_total{W}[R]))", "{{reason}}")], None, "tocsinlockoutsrefused"),
    ("Outbox", "timeseries", "short", "Deliveries that each channel owes.", [("sum by (channel) (tocsin_outbox_depth{W})", "{{channel}}")], None, "tocsinoutboxstuck"),
    ("Age of the outbox", "timeseries", "s", "How long each channel has tried its oldest delivery.", [("max by (channel) (tocsin_outbox_oldest_seconds{W})", "{{channel}}")], steps(60, 600), "tocsinoutboxstuck"),
    ("Deliveries", "timeseries", "ops", "By channel and result.", [("sum by (channel, result) (rate(tocsin_notifications_total{W}[R]))", "{{channel}} {{result}}")], None, "tocsindeadletters"),
]
HOST = [
    ("Version", "stat", "short", "What runs.", [("tocsin_build_info{W}", "{{version}}")]),
    ("Up for", "stat", "s", "Since the start of the process.", [("time() - process_start_time_seconds{W}", "")]),
    ("Store", "stat", "bytes", "Size of the store's files.", [("tocsin_store_bytes{W}", "")]),
    ("Growth in a day", "stat", "bytes", "As of the last six hours.", [("deriv(tocsin_store_bytes{W}[6h]) * 86400", "")], None, "tocsinstoreerrors"),
    ("Store errors", "stat", "short", "Operations that failed in the last hour.", [("sum(increase(tocsin_store_errors_total{W}[1h])) or vector(0)", "")], wrong(1), "tocsinstoreerrors"),
    ("Processor", "timeseries", "short", "Processors used.", [("rate(process_cpu_seconds_total{W}[R])", "processors")]),
    ("Memory", "timeseries", "bytes", "Resident and virtual.", [("process_resident_memory_bytes{W}", "resident"), ("process_virtual_memory_bytes{W}", "virtual")]),
    ("File descriptors", "timeseries", "short", "Open, and how many may be.", [("process_open_fds{W}", "open"), ("process_max_fds{W}", "limit")]),
    ("Threads", "timeseries", "short", "Threads of the process.", [("process_threads{W}", "threads")]),
    ("Size of the store", "timeseries", "bytes", "Files of the store.", [("tocsin_store_bytes{W}", "size")]),
    ("Written", "timeseries", "Bps", "Bytes handed to the store.", [("rate(tocsin_store_written_bytes_total{W}[R])", "bytes")]),
    ("Commits", "timeseries", "ops", "Batches committed.", [("rate(tocsin_store_writes_total{W}[R])", "commits")]),
    ("Time of a commit", "timeseries", "s", "Without its sync.", quantiles("tocsin_store_write_seconds"), steps(0.1, 1), "tocsinslow"),
    ("Time of a sync", "timeseries", "s", "What the disk takes to make the log safe.", quantiles("tocsin_store_sync_seconds"), steps(0.1, 1), "tocsinslow"),
    ("Requests", "timeseries", "reqps", "Of the HTTP server, by route and status.", [("sum by (route, code) (rate(tocsin_http_requests_total{W}[R]))", "{{route}} {{code}}")]),
    ("HTTP connections", "timeseries", "short", "Open ones, and those closed by reason.",
     [("tocsin_http_connections{W}", "open"), ("sum by (reason) (rate(tocsin_http_connections_closed_total{W}[R]))", "closed {{reason}}")]),
    ("Searches over HTTP", "timeseries", "short", "Running ones, and how those of the last minutes ended.",
     [("tocsin_http_streams{W}", "running"), ("sum by (reason) (increase(tocsin_http_streams_ended_total{W}[R]))", "{{reason}}")]),
    ("Damaged files", "stat", "short", "Files of the store that the disk has changed.", [("tocsin_scrub_files_damaged{W}", "")], wrong(1), "tocsinstoredamaged"),
    ("All files read again", "stat", "s", "Time since the last whole pass; none yet: since 1970.", [("time() - tocsin_scrub_last_pass_timestamp_seconds{W}", "")]),
    ("Files read again", "timeseries", "Bps", "By the scrub, at store.scrub_rate.", [("rate(tocsin_scrub_bytes_total{W}[R])", "bytes")]),
    ("Series refused", "timeseries", "short", "Label combinations beyond the limit.", [("tocsin_metrics_series_refused_total{W}", "series")], wrong(1), "tocsinseriesrefused"),
]
DASHBOARDS = {"overview": OVERVIEW, "sources": SOURCES, "rules": RULES, "response": RESPONSE, "host": HOST}


def expression(text):
    return text.replace("{W}", '{job=~"$job", instance=~"$instance"}').replace("[R]", "[$__rate_interval]")


def panel(number, place, title, kind, unit, sentence, queries, thresholds=None, runbook=None):
    shown = thresholds or [(None, GREEN)]
    made = {
        "id": number, "title": title, "type": kind, "description": sentence, "gridPos": place, "datasource": {"type": "prometheus", "uid": "${datasource}"},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0 if unit in ("percentunit", "bytes", "s", "eps", "ops") else None, "color": {"mode": "thresholds" if kind == "stat" else "palette-classic"},
                                     "thresholds": {"mode": "absolute", "steps": [{"color": color, "value": value} for value, color in shown]}}, "overrides": []},
        "options": {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "value"} if kind != "timeseries" else {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": [{"refId": chr(ord("A") + i), "expr": expression(text), "legendFormat": legend or "__auto", "datasource": {"type": "prometheus", "uid": "${datasource}"}}
                    for i, (text, legend) in enumerate(queries)],
    }
    if made["fieldConfig"]["defaults"]["min"] is None:
        del made["fieldConfig"]["defaults"]["min"]
    if kind == "timeseries" and thresholds:
        made["fieldConfig"]["defaults"]["custom"] = {"thresholdsStyle": {"mode": "dashed"}}
    # A rate over a span is no whole number, though what it counts is one; a legend says more than the 1 beside it.
    if kind == "stat" and unit == "short":
        made["fieldConfig"]["defaults"]["decimals"] = 0
    if kind == "stat" and queries[0][1]:
        made["options"]["textMode"] = "name"
    if runbook:
        made["description"] += f" What to do: {RUNBOOKS}#{runbook}"
        made["links"] = [{"title": "Runbook", "url": f"{RUNBOOKS}#{runbook}", "targetBlank": True}]
    return made


def layout(rows):
    """Small panels in a row of their own, the others two in a row."""
    small = [row for row in rows if row[1] == "stat"]
    large = [row for row in rows if row[1] != "stat"]
    width = 24 // len(small)
    for i, row in enumerate(small):
        yield {"h": 4, "w": width, "x": i * width, "y": 0}, row
    for i, row in enumerate(large):
        yield {"h": 8, "w": 12, "x": 12 * (i % 2), "y": 4 + 8 * (i // 2)}, row


def variable(name, label):
    query = f"label_values(tocsin_build_info, {name})" if name == "job" else f'label_values(tocsin_build_info{{job=~"$job"}}, {name})'
    return {"name": name, "label": label, "type": "query", "datasource": {"type": "prometheus", "uid": "${datasource}"}, "query": query, "definition": query,
            "refresh": 2, "multi": True, "includeAll": True, "allValue": ".*", "current": {"text": "All", "value": "$__all"}}


def dashboard(name, rows):
    return {
        "uid": f"tocsin-{name}", "title": f"Tocsin: {name.capitalize()}", "tags": ["tocsin"], "schemaVersion": 38, "version": 1, "editable": True, "timezone": "browser",
        "refresh": "30s", "time": {"from": "now-6h", "to": "now"},
        "links": [{"type": "dashboards", "tags": ["tocsin"], "title": "Tocsin", "asDropdown": True, "keepTime": True, "includeVars": True}],
        "templating": {"list": [{"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"}, variable("job", "Job"), variable("instance", "Instance")]},
        "annotations": {"list": []},
        "panels": [panel(number, place, *row) for number, (place, row) in enumerate(layout(rows), 1)],
    }


def main():
    differs = False
    for name, rows in DASHBOARDS.items():
        path = HERE / f"{name}.json"
        text = json.dumps(dashboard(name, rows), indent=1) + "\n"
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        differs = True
        if "--check" in sys.argv:
            print(f"{path.name}: differs from what make.py says")
        else:
            path.write_text(text, encoding="utf-8")
    return 1 if differs and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
