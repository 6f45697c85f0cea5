#include "base/fault_point.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "base/text.hpp"

namespace tocsin::base {

namespace {

std::atomic<std::int64_t> passings_left = 0;

}  // namespace

void fault::strike() {
  if (passings_left.fetch_sub(1) != 1) return;
  (void)::kill(::getpid(), SIGKILL);
  while (true) ::pause();  // other threads end now, and so does this one
}

Result<void> arm_fault_point(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  const auto times = colon == std::string_view::npos ? std::optional<std::int64_t>(1)
                                                     : parse_integer(text.substr(colon + 1));
  const auto row = std::find_if(fault_points.begin(), fault_points.end(),
                                [&](const FaultPointRow& of) { return of.name == name; });
  if (row == fault_points.end() || !times || *times < 1) {
    std::vector<std::string_view> names;
    for (const FaultPointRow& of : fault_points) names.push_back(of.name);
    return fail("base-14", fmt::format("TOCSIN_FAULT: `{}` is none of {}, alone or with `:n`",
                                       printable(text), fmt::join(names, ", ")));
  }
  passings_left = *times;
  fault::armed = static_cast<std::uint8_t>(row->point);
  return {};
}

Result<void> arm_fault_point_by_environment() {
  const char* const text = ::secure_getenv("TOCSIN_FAULT");
  return text == nullptr ? Result<void>() : arm_fault_point(text);
}

}  // namespace tocsin::base
