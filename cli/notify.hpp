// Tells systemd how the service is, by the protocol of sd_notify(3).
// Threads:   safe
// Errors:    none: without $NOTIFY_SOCKET, or when nobody listens there, nothing happens
// Source:    sd_notify(3), "Standalone implementations"
// Tested by: tests/cli/notify_test.cpp
#pragma once

#include <string_view>

namespace tocsin::cli {

// "READY=1", "STOPPING=1", "STATUS=...". True when it was sent.
bool notify_service_manager(std::string_view state);

}  // namespace tocsin::cli
