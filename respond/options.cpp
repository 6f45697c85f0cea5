#include "respond/options.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace tocsin::respond {

namespace {

bool is_channel_name(std::string_view name) {
  constexpr std::size_t longest = 64;
  return !name.empty() && name.size() <= longest &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_';
         });
}

}  // namespace

base::Result<void> check_channel(const ChannelOptions& channel) {
  const auto wrong = [&](std::string_view sentence) {
    return base::fail("respond-1",
                      fmt::format("channel `{}`: {}", base::printable(channel.name), sentence));
  };
  if (!is_channel_name(channel.name)) return wrong("a name is 1 to 64 letters, digits, - and _");
  for (const std::string& event : channel.events)
    if (event != "alert" && event != "lockout")
      return wrong("`events` may hold alert and lockout only");
  if (channel.type == "file" && !channel.path.starts_with('/'))
    return wrong("a file channel needs `path`, an absolute one");
  if (channel.type == "syslog") {
    const std::size_t colon = channel.address.rfind(':');
    const auto port = colon == std::string::npos
                          ? std::nullopt
                          : base::parse_integer(channel.address.substr(colon + 1));
    if (colon == 0 || !port || *port < 1 || *port > 65535)
      return wrong("a syslog channel needs `address`, as logs.example.org:514");
  } else if (channel.type != "file") {
    return wrong("`type` must be file or syslog");
  }
  if (channel.retry_first > channel.retry_max)
    return wrong("`retry_first` is longer than `retry_max`");
  return {};
}

}  // namespace tocsin::respond
