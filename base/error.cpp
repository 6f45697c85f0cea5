#include "base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <system_error>

namespace tocsin::base {

std::string to_string(const Error& error) {
  std::string out;
  if (!error.origin.name.empty()) {
    out += error.origin.name;
    if (error.origin.line != 0) out += fmt::format(":{}", error.origin.line);
    if (error.origin.line != 0 && error.origin.column != 0)
      out += fmt::format(":{}", error.origin.column);
    out += ": ";
  }
  if (!error.code.empty()) out += error.code + ": ";
  return out + error.sentence;
}

std::string system_text(int number) { return std::generic_category().message(number); }

namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row.back();
}

}  // namespace

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  std::string_view best;
  std::size_t best_distance = word.size() / 3 + 1;
  for (std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word.substr(0, 64), candidate);
    if (distance <= best_distance && (best.empty() || distance < best_distance)) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace tocsin::base
