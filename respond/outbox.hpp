// Turns alerts and lockouts into the deliveries that channels are owed.
// Path:      alert, lockout (engine) -> outbox rows -> the commit of their cause
// Threads:   pure functions
// Errors:    none
// Tested by: tests/respond/outbox_test.cpp
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "event/alert.hpp"
#include "event/ports.hpp"
#include "respond/options.hpp"

namespace tocsin::respond {

enum class Change : std::uint8_t { fired, amended, merged };

// One row for each channel that wants it, `number` left to the store. The id is a function of the
// content, so that a crash and a replay make the same row:
//   ALERT-1 fired, ALERT-1.TOTAL amended (only where a channel asks for amendments), ALERT-2
//   merged.
// The body is {"id", "event": "alert", "change", "level", "rule", "time", "alert": {...}}.
[[nodiscard]] std::vector<event::OutboxRow> outbox_rows(const event::Alert& alert, Change change,
                                                        std::span<const ChannelOptions> channels);
// ALERT-lockout-SEQ-K; {"id", "event": "lockout", "change": "ordered" or "refused", "rule", "time",
// "lockout": {...}}.
[[nodiscard]] std::vector<event::OutboxRow> outbox_rows(const event::Lockout& lockout,
                                                        std::span<const ChannelOptions> channels);

// Sigma's levels: 0 informational to 4 critical; an unknown word is 0.
[[nodiscard]] int level_number(std::string_view level);

}  // namespace tocsin::respond
