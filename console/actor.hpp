// Who sent a request, for what is recorded of it.
// Threads:   any
// Errors:    none; nothing where the system does not say
// Tested by: tests/console/actor_test.cpp
#pragma once

#include <optional>

#include "console/http/message.hpp"
#include "event/life_cycle.hpp"

namespace tocsin::console {

[[nodiscard]] inline std::optional<event::Actor> actor_of(const Request& request) {
  if (!request.peer) return std::nullopt;
  return event::Actor{request.peer->uid, account_name(request.peer->uid)};
}

}  // namespace tocsin::console
