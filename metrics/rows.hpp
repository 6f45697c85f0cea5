// Every metric of Tocsin, once: name, type, unit, sentence, labels.
// Path:      rows -> Registry, docs/reference/metrics.md, dashboards and alert rules
// Units:     as each row says
// Threads:   constants
// Source:    https://prometheus.io/docs/practices/naming
// Tested by: tests/metrics/rows_test.cpp
#pragma once

#include "metrics/registry.hpp"

namespace tocsin::metrics {

namespace row {

using enum Type;

// ---- inputs. received = stored + rejected + dropped + in flight, always (conservation.hpp).
inline constexpr Row events_received{"tocsin_events_received_total", counter, "events",
                                     "Frames that the input read, counted at the read call.",
                                     "input"};
inline constexpr Row received_bytes{"tocsin_received_bytes_total", counter, "bytes",
                                    "Bytes that the input read.", "input"};
inline constexpr Row events_stored{"tocsin_events_stored_total", counter, "events",
                                   "Frames committed to the event log.", "input"};
inline constexpr Row events_rejected{"tocsin_events_rejected_total", counter, "events",
                                     "Frames refused on purpose, by reason.", "input,reason"};
inline constexpr Row events_dropped{"tocsin_events_dropped_total", counter, "events",
                                    "Frames read and then lost, by the place of the loss.",
                                    "input,where"};
inline constexpr Row events_in_flight{"tocsin_events_in_flight", gauge, "events",
                                      "Frames between the read call and the commit.", "input"};
inline constexpr Row events_decoded{"tocsin_events_decoded_total", counter, "events",
                                    "Events whose body a decoder recognised.", ""};
inline constexpr Row events_undecoded{"tocsin_events_undecoded_total", counter, "events",
                                      "Events stored with their header only, by reason.", "reason"};
inline constexpr Row conservation_violation{
    "tocsin_conservation_violation", gauge, "",
    "1 while received is not stored + rejected + dropped + in flight.", "input"};
inline constexpr Row conservation_imbalance{
    "tocsin_conservation_imbalance_events", gauge, "events",
    "received - stored - rejected - dropped - in flight: above 0 lost, below 0 counted twice.",
    "input"};
inline constexpr Row udp_kernel_drops{
    "tocsin_udp_kernel_drops_total", counter, "datagrams",
    "Datagrams that the kernel dropped because the socket's buffer was full.", "input"};
inline constexpr Row connections{"tocsin_connections", gauge, "connections",
                                 "Connections that are open.", "input"};
inline constexpr Row connections_accepted{"tocsin_connections_accepted_total", counter,
                                          "connections", "Connections accepted.", "input"};
inline constexpr Row connections_closed{"tocsin_connections_closed_total", counter, "connections",
                                        "Connections that Tocsin closed, by reason.",
                                        "input,reason"};
inline constexpr Row frames_invalid{"tocsin_frames_invalid_total", counter, "frames",
                                    "Frames with a framing defect, by reason.", "input,reason"};
inline constexpr Row anomalies{"tocsin_anomalies_total", counter, "events",
                               "Events with this defect (docs/reference/anomalies.md).", "kind"};

// ---- pipeline
inline constexpr Row queue_depth{"tocsin_queue_depth", gauge, "batches",
                                 "Batches that wait before the stage.", "stage"};
inline constexpr Row queue_capacity{"tocsin_queue_capacity", gauge, "batches",
                                    "Batches that may wait before the stage.", "stage"};
inline constexpr Row queue_bytes{"tocsin_queue_bytes", gauge, "bytes",
                                 "Bytes of the batches that wait before the stage.", "stage"};
inline constexpr Row stage_busy{"tocsin_stage_busy_seconds_total",
                                counter,
                                "seconds",
                                "Time in which the stage worked, summed over its threads.",
                                "stage",
                                1e-9};
inline constexpr Row pipeline_latency{
    "tocsin_pipeline_latency_seconds", histogram, "seconds",
    "Time from the reception of a frame until its commit, until it is safe on the disk (durable), "
    "or until the alert that it fired is (alert).",
    "until"};
inline constexpr Row events_late{"tocsin_events_late_total", counter, "events",
                                 "Events behind the watermark: stored, not correlated.", ""};
inline constexpr Row sources_watched{"tocsin_sources_watched", gauge, "sources",
                                     "Sources whose clock and silence are watched.", ""};
inline constexpr Row sources_unwatched{"tocsin_sources_unwatched", gauge, "sources",
                                       "Sources beyond engine.watched_sources.", ""};
inline constexpr Row sources_skewed{"tocsin_sources_skewed", gauge, "sources",
                                    "Sources whose clock is steadily off by more than "
                                    "engine.skew_warning; tocsin status names them.",
                                    ""};
inline constexpr Row sources_silent{"tocsin_sources_silent", gauge, "sources",
                                    "Sources that have been silent for much longer than usual; "
                                    "tocsin status names them.",
                                    ""};
inline constexpr Row sources_greatest_skew{"tocsin_sources_greatest_skew_seconds", gauge, "seconds",
                                           "How far the worst of the skewed clocks is off.", ""};
inline constexpr Row watermark_lag{"tocsin_watermark_lag_seconds", gauge, "seconds",
                                   "Newest reception minus watermark.", ""};

// ---- rules and correlation
inline constexpr Row detections{"tocsin_detections_total", counter, "detections",
                                "Events that the rule met.", "rule"};
inline constexpr Row alerts{"tocsin_alerts_total", counter, "alerts", "Alerts opened.",
                            "rule,level"};
inline constexpr Row alerts_amended{"tocsin_alerts_amended_total", counter, "alerts",
                                    "Amendments of open alerts.", "rule"};
inline constexpr Row correlation_groups{"tocsin_correlation_groups", gauge, "groups",
                                        "Group keys with a window in memory.", "rule"};
inline constexpr Row correlation_bytes{"tocsin_correlation_state_bytes", gauge, "bytes",
                                       "Memory of the rule's windows.", "rule"};
inline constexpr Row correlation_over_limit{
    "tocsin_correlation_over_limit_total", counter, "growths",
    "New groups, and growth of others, beyond correlate.window_bytes.", ""};
inline constexpr Row correlation_memory{"tocsin_correlation_memory_bytes", gauge, "bytes",
                                        "Memory of all windows, to be held against the limit.", ""};
inline constexpr Row correlation_memory_limit{
    "tocsin_correlation_memory_limit_bytes", gauge, "bytes",
    "correlate.window_bytes: groups leave memory below it; 0 for no limit.", ""};
inline constexpr Row correlation_spilled{"tocsin_correlation_spilled_total", counter, "groups",
                                         "Groups that left memory for the store.", ""};
inline constexpr Row correlation_read_back{"tocsin_correlation_read_back_total", counter, "groups",
                                           "Groups read back from the store.", ""};
inline constexpr Row correlation_read_in_vain{
    "tocsin_correlation_read_in_vain_total", counter, "reads",
    "Groups looked for in the store that were not there.", ""};
inline constexpr Row correlation_swept{"tocsin_correlation_swept_total", counter, "groups",
                                       "Groups in the store whose windows ran empty: removed.", ""};
inline constexpr Row rules_loaded{"tocsin_rules_loaded", gauge, "rules", "Rules in force.", ""};
inline constexpr Row rules_warming{"tocsin_rules_warming", gauge, "rules",
                                   "Rules that look further back than the log goes.", ""};
inline constexpr Row rule_errors{"tocsin_rule_errors", gauge, "errors",
                                 "Errors of the last reading of the rule packs.", ""};
inline constexpr Row decoders_loaded{"tocsin_decoders_loaded", gauge, "decoders",
                                     "Decoders in force.", ""};
inline constexpr Row config_reloads{"tocsin_config_reloads_total", counter, "reloads",
                                    "Readings of the configuration, by result.", "result"};
inline constexpr Row config_last_reload_success{
    "tocsin_config_last_reload_success", gauge, "",
    "1 when the last reading of the configuration succeeded.", ""};
inline constexpr Row config_last_reload_time{
    "tocsin_config_last_reload_timestamp_seconds", gauge, "seconds",
    "When the configuration was last read with success.", ""};

// ---- store
inline constexpr Row store_bytes{"tocsin_store_bytes", gauge, "bytes", "Size of the store's files.",
                                 ""};
inline constexpr Row store_writes{"tocsin_store_writes_total", counter, "commits",
                                  "Batches committed.", ""};
inline constexpr Row store_written_bytes{"tocsin_store_written_bytes_total", counter, "bytes",
                                         "Bytes handed to the store by commits.", ""};
inline constexpr Row store_write_seconds{"tocsin_store_write_seconds", histogram, "seconds",
                                         "Duration of a commit without its sync.", ""};
inline constexpr Row store_sync_seconds{"tocsin_store_sync_seconds", histogram, "seconds",
                                        "Duration of a sync of the store's log.", ""};
inline constexpr Row store_errors{"tocsin_store_errors_total", counter, "errors",
                                  "Operations of the store that failed.", "operation"};

// ---- respond
inline constexpr Row outbox_depth{"tocsin_outbox_depth", gauge, "rows",
                                  "Deliveries that the channel owes.", "channel"};
inline constexpr Row outbox_oldest{"tocsin_outbox_oldest_seconds", gauge, "seconds",
                                   "How long the channel has tried its oldest delivery.",
                                   "channel"};
inline constexpr Row notifications{
    "tocsin_notifications_total", counter, "rows",
    "Deliveries by result: delivered, failed (tried again), dead, duplicate (not sent again).",
    "channel,result"};
inline constexpr Row lockouts_ordered{"tocsin_lockouts_ordered_total", counter, "lockouts",
                                      "Account lockouts ordered.", ""};
inline constexpr Row lockouts_refused{"tocsin_lockouts_refused_total", counter, "lockouts",
                                      "Account lockouts refused, by reason.", "reason"};
inline constexpr Row scrub_bytes{"tocsin_scrub_bytes_total", counter, "bytes",
                                 "Bytes of the store's files that were read again.", ""};
inline constexpr Row scrub_damaged{
    "tocsin_scrub_files_damaged", gauge, "files",
    "Files of the store that were not as they were written when they were last read again.", ""};
inline constexpr Row scrub_passed{"tocsin_scrub_last_pass_timestamp_seconds", gauge, "seconds",
                                  "When all files had been read again, since 1970; 0: not yet.",
                                  ""};

// ---- console
inline constexpr Row http_requests{"tocsin_http_requests_total", counter, "requests",
                                   "Requests answered, by route and status.", "route,code"};
inline constexpr Row http_connections{"tocsin_http_connections", gauge, "connections",
                                      "Open connections of the HTTP server.", ""};
inline constexpr Row http_closed{"tocsin_http_connections_closed_total", counter, "connections",
                                 "Connections that the HTTP server closed, by reason.", "reason"};
inline constexpr Row http_streams{"tocsin_http_streams", gauge, "answers",
                                  "Answers that are written while they are made: searches.", ""};
inline constexpr Row http_streams_ended{
    "tocsin_http_streams_ended_total", counter, "answers",
    "Such answers by how they ended: whole, failed, closed by the peer, timeout, stopped, refused.",
    "reason"};

// ---- the process
inline constexpr Row series_refused{
    "tocsin_metrics_series_refused_total", counter, "series",
    "Label combinations beyond the limit, shown under the labels \"other\".", ""};
inline constexpr Row build_info{"tocsin_build_info", gauge, "",
                                "Always 1; the labels say what runs.", "version,compiler"};
inline constexpr Row process_cpu{"process_cpu_seconds_total",
                                 counter,
                                 "seconds",
                                 "User and system processor time of the process.",
                                 "",
                                 1e-6};
inline constexpr Row process_resident{"process_resident_memory_bytes", gauge, "bytes",
                                      "Resident memory of the process.", ""};
inline constexpr Row process_virtual{"process_virtual_memory_bytes", gauge, "bytes",
                                     "Virtual memory of the process.", ""};
inline constexpr Row process_open_fds{"process_open_fds", gauge, "",
                                      "Open file descriptors of the process.", ""};
inline constexpr Row process_max_fds{"process_max_fds", gauge, "",
                                     "File descriptors that the process may open.", ""};
inline constexpr Row process_threads{"process_threads", gauge, "", "Threads of the process.", ""};
inline constexpr Row process_start{"process_start_time_seconds", gauge, "seconds",
                                   "Start of the process, since 1970.", ""};

}  // namespace row

// All of them, in the order in which they are shown.
inline constexpr Row all_rows[] = {
    row::events_received,
    row::received_bytes,
    row::events_stored,
    row::events_rejected,
    row::events_dropped,
    row::events_in_flight,
    row::events_decoded,
    row::events_undecoded,
    row::conservation_violation,
    row::conservation_imbalance,
    row::udp_kernel_drops,
    row::connections,
    row::connections_accepted,
    row::connections_closed,
    row::frames_invalid,
    row::anomalies,
    row::queue_depth,
    row::queue_capacity,
    row::queue_bytes,
    row::stage_busy,
    row::pipeline_latency,
    row::events_late,
    row::sources_watched,
    row::sources_unwatched,
    row::sources_skewed,
    row::sources_silent,
    row::sources_greatest_skew,
    row::watermark_lag,
    row::detections,
    row::alerts,
    row::alerts_amended,
    row::correlation_groups,
    row::correlation_bytes,
    row::correlation_over_limit,
    row::correlation_memory,
    row::correlation_memory_limit,
    row::correlation_spilled,
    row::correlation_read_back,
    row::correlation_read_in_vain,
    row::correlation_swept,
    row::rules_loaded,
    row::rules_warming,
    row::rule_errors,
    row::decoders_loaded,
    row::config_reloads,
    row::config_last_reload_success,
    row::config_last_reload_time,
    row::store_bytes,
    row::store_writes,
    row::store_written_bytes,
    row::store_write_seconds,
    row::store_sync_seconds,
    row::store_errors,
    row::outbox_depth,
    row::outbox_oldest,
    row::notifications,
    row::lockouts_ordered,
    row::lockouts_refused,
    row::scrub_bytes,
    row::scrub_damaged,
    row::scrub_passed,
    row::http_requests,
    row::http_connections,
    row::http_closed,
    row::http_streams,
    row::http_streams_ended,
    row::series_refused,
    row::build_info,
    row::process_cpu,
    row::process_resident,
    row::process_virtual,
    row::process_open_fds,
    row::process_max_fds,
    row::process_threads,
    row::process_start,
};

}  // namespace tocsin::metrics
