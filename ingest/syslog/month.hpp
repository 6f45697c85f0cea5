// Month names at the front of a text: English, and the abbreviations of other locales.
// Threads:   pure function
// Errors:    none; 0 when there is no month
// Source:    glibc's LC_TIME abmon of de, fr, es, it, pt, nl, sv, da, nb, fi, pl
// Tested by: tests/ingest/syslog/month_test.cpp
#pragma once

#include <cstddef>
#include <string_view>

namespace tocsin::ingest {

struct Month {
  unsigned number = 0;  // 1..12
  std::size_t size = 0;
};
// The month that stands before a blank, '-' or '/' at the front of `text`. English names have three
// letters; others may be longer, in UTF-8 or Latin-1, and end with a dot.
[[nodiscard]] Month read_month(std::string_view text);

}  // namespace tocsin::ingest
