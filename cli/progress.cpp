#include "cli/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tocsin::cli {

std::string short_number(double number) {
  if (number < 1000) return fmt::format("{:.0f}", number);
  if (number < 1e6) return fmt::format("{:.1f} k", number / 1e3);
  if (number < 1e9) return fmt::format("{:.1f} M", number / 1e6);
  return fmt::format("{:.1f} G", number / 1e9);
}

namespace {

std::string short_time(double seconds) {
  const auto whole = static_cast<long>(std::ceil(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
}

}  // namespace

std::string progress_line(const ProgressState& state) {
  const double seconds = std::chrono::duration<double>(state.elapsed).count();
  std::string out;
  const double share = state.bytes_total == 0
                           ? 0
                           : std::min(1.0, static_cast<double>(state.bytes_read) /
                                               static_cast<double>(state.bytes_total));
  if (state.bytes_total != 0) out += fmt::format("{:.0f} % · ", share * 100);
  out += fmt::format("{} events", short_number(static_cast<double>(state.events)));
  if (seconds <= 0) return out;
  out += fmt::format(" · {}/s", short_number(static_cast<double>(state.events) / seconds));
  if (share > 0 && share < 1)
    out += fmt::format(" · {} left", short_time(seconds * (1 - share) / share));
  return out;
}

}  // namespace tocsin::cli
