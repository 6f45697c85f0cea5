#include "cli/table.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/check.hpp"
#include "base/text.hpp"

namespace tocsin::cli {

namespace {

// Columns that a text takes: code points, as no value here needs more exact a measure.
std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

// The first `limit` columns of `text`, the last one an ellipsis when it was cut.
std::string cut(std::string_view text, std::size_t limit) {
  if (columns(text) <= limit) return std::string(text);
  std::string out;
  std::size_t used = 0;
  while (used + 1 < limit) {
    const std::size_t length = std::max<std::size_t>(base::utf8_length(text), 1);
    out += text.substr(0, length);
    text.remove_prefix(length);
    ++used;
  }
  return out + "…";
}

constexpr std::size_t gap = 2;
constexpr std::size_t least_width = 8;

}  // namespace

void Table::add(std::vector<std::string> row) {
  CHECK(row.size() == header_.size(), "a row with another number of columns than the header");
  for (std::string& value : row) value = base::printable(value);
  rows_.push_back(std::move(row));
}

std::string Table::text(std::size_t width) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < header_.size(); ++i) {
    std::size_t widest = columns(header_[i]);
    for (const auto& row : rows_) widest = std::max(widest, columns(row[i]));
    widths.push_back(widest);
  }
  auto total = [&widths] {
    std::size_t sum = gap * (widths.size() - 1);
    for (std::size_t one : widths) sum += one;
    return sum;
  };
  while (width != 0 && total() > width) {
    auto widest = std::max_element(widths.begin(), widths.end());
    if (*widest <= least_width) break;
    *widest = std::max(least_width, *widest - std::min(*widest - least_width, total() - width));
  }
  std::string out;
  auto line = [&](const std::vector<std::string>& row) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string value = cut(row[i], widths[i]);
      out += value;
      if (i + 1 < row.size()) out.append(widths[i] - columns(value) + gap, ' ');
    }
    out += '\n';
  };
  line(header_);
  for (const auto& row : rows_) line(row);
  return out;
}

std::size_t terminal_width(int fd) {
  winsize size = {};
  if (::isatty(fd) == 0 || ::ioctl(fd, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

bool may_colour(int fd) { return ::isatty(fd) != 0 && std::getenv("NO_COLOR") == nullptr; }

}  // namespace tocsin::cli
