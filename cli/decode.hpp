// `tocsin decode`: what Tocsin reads from a line, one event a line.
// Threads:   main thread
// Errors:    exit codes of commands.hpp; messages on stderr
// Tested by: tests/cli/decode_test.cpp, tests/e2e/replay_test.py
#pragma once

#include <string>

#include "base/json.hpp"
#include "cli/commands.hpp"
#include "cli/streams.hpp"
#include "engine/pipeline.hpp"
#include "event/batch.hpp"

namespace tocsin::cli {

// {"time", "received", "logsource", "decoder", "fields", "anomalies"}; a field with several values
// is
// a list.
void write_event(const event::Batch& batch, std::size_t index, const engine::Pipeline& pipeline,
                 base::JsonWriter& out);

// "linux/sshd": what rules name as category, product, service.
[[nodiscard]] std::string logsource_text(const event::Logsource& logsource);
// All that an event has, "linux/sshd, linux/auth"; "none" where there is none.
[[nodiscard]] std::string logsource_text(const event::Event& event,
                                         const engine::Pipeline& pipeline);

[[nodiscard]] int run_decode(const DecodeCommand& command, const Streams& streams = {});

}  // namespace tocsin::cli
