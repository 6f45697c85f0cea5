#include "ingest/syslog/month.hpp"

#include <algorithm>
#include <array>

namespace tocsin::ingest {

namespace {

struct Name {
  std::string_view text;  // lower case, as far as ASCII goes
  unsigned month;
};

using namespace std::string_view_literals;
constexpr std::array<Name, 62> names = {{
    {"jan"sv, 1},
    {"feb"sv, 2},
    {"mar"sv, 3},
    {"apr"sv, 4},
    {"may"sv, 5},
    {"jun"sv, 6},
    {"jul"sv, 7},
    {"aug"sv, 8},
    {"sep"sv, 9},
    {"oct"sv, 10},
    {"nov"sv, 11},
    {"dec"sv, 12},
    {"sept"sv, 9},
    {"june"sv, 6},
    {"july"sv, 7},
    {"m\xc3\xa4r"sv, 3},
    {"m\xe4r"sv, 3},
    {"m\xc3\xa4rz"sv, 3},
    {"m\xe4rz"sv, 3},
    {"mrz"sv, 3},
    {"mai"sv, 5},
    {"juni"sv, 6},
    {"juli"sv, 7},
    {"okt"sv, 10},
    {"dez"sv, 12},
    {"janv"sv, 1},
    {"f\xc3\xa9vr"sv, 2},
    {"f\xe9vr"sv, 2},
    {"mars"sv, 3},
    {"avril"sv, 4},
    {"avr"sv, 4},
    {"juin"sv, 6},
    {"juil"sv, 7},
    {"ao\xc3\xbbt"sv, 8},
    {"ao\xfbt"sv, 8},
    {"d\xc3\xa9"
     "c"sv,
     12},
    {"d\xe9"
     "c"sv,
     12},
    {"ene"sv, 1},
    {"abr"sv, 4},
    {"ago"sv, 8},
    {"dic"sv, 12},
    {"gen"sv, 1},
    {"mag"sv, 5},
    {"giu"sv, 6},
    {"lug"sv, 7},
    {"set"sv, 9},
    {"ott"sv, 10},
    {"fev"sv, 2},
    {"out"sv, 10},
    {"mrt"sv, 3},
    {"mei"sv, 5},
    {"maj"sv, 5},
    {"des"sv, 12},
    {"tammi"sv, 1},
    {"sty"sv, 1},
    {"lut"sv, 2},
    {"kwi"sv, 4},
    {"cze"sv, 6},
    {"lip"sv, 7},
    {"sie"sv, 8},
    {"wrz"sv, 9},
    {"gru"sv, 12},
}};

constexpr std::size_t longest = 6;

}  // namespace

Month read_month(std::string_view text) {
  std::array<char, longest> lower{};
  std::size_t size = 0;
  while (size < text.size() && size <= longest) {
    const char c = text[size];
    if (c == ' ' || c == '-' || c == '/' || c == '.') break;
    if (size == longest) return {};
    lower[size++] = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  if (size < 3 || size == text.size()) return {};
  const std::string_view word(lower.data(), size);
  const auto* const found =
      std::find_if(names.begin(), names.end(), [&](const Name& name) { return name.text == word; });
  if (found == names.end()) return {};
  return {found->month, text[size] == '.' ? size + 1 : size};
}

}  // namespace tocsin::ingest
