#include "rules/encoding.hpp"

#include <array>
#include <string>
#include <string_view>

#include "base/text.hpp"

namespace tocsin::rules {

namespace {

constexpr std::array<std::string_view, 5> dashes = {"-", "/", "\xE2\x80\x93", "\xE2\x80\x94",
                                                    "\xE2\x80\x95"};
constexpr std::size_t most_dashes = 4;

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::size_t dash_at(std::string_view text, std::size_t at) {
  for (const std::string_view dash : dashes) {
    if (text.substr(at).starts_with(dash)) return dash.size();
  }
  return 0;
}

// Texts between the dashes that may be replaced: n dashes give n + 1 pieces.
std::vector<std::string> split_at_dashes(std::string_view text) {
  std::vector<std::string> pieces(1);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = dash_at(text, at);
    const bool starts_word = length != 0 && (at == 0 || !is_word(text[at - 1])) &&
                             at + length < text.size() && is_word(text[at + length]);
    if (starts_word) {
      pieces.emplace_back();
      at += length;
    } else {
      pieces.back() += text[at++];
    }
  }
  return pieces;
}

void append_text(Pattern& pattern, std::string_view text) {
  if (text.empty()) return;
  if (pattern.parts.empty() || pattern.parts.back().kind != PatternPart::Kind::text)
    pattern.parts.push_back({PatternPart::Kind::text, {}});
  pattern.parts.back().text += text;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8U |
              (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : std::uint32_t{0});
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += i + k > bytes.size() ? '=' : digits[group >> (18U - 6U * k) & 0x3FU];
    }
  }
  return out;
}

std::optional<std::u16string> to_utf16(std::string_view text) {
  std::u16string out;
  while (!text.empty()) {
    const std::size_t length = base::utf8_length(text);
    if (length == 0) return std::nullopt;
    auto code = static_cast<std::uint32_t>(static_cast<unsigned char>(text[0]));
    if (length > 1) code &= 0x7FU >> length;
    for (std::size_t i = 1; i < length; ++i)
      code = code << 6U | (static_cast<unsigned char>(text[i]) & 0x3FU);
    if (code >= 0x10000) {
      out += static_cast<char16_t>(0xD800U + ((code - 0x10000U) >> 10U));
      out += static_cast<char16_t>(0xDC00U + ((code - 0x10000U) & 0x3FFU));
    } else {
      out += static_cast<char16_t>(code);
    }
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace

std::optional<std::vector<Pattern>> windash_variants(const Pattern& pattern) {
  std::vector<Pattern> variants(1);
  std::size_t count = 0;
  for (const PatternPart& part : pattern.parts) {
    if (part.kind != PatternPart::Kind::text) {
      for (Pattern& variant : variants) variant.parts.push_back(part);
      continue;
    }
    const std::vector<std::string> pieces = split_at_dashes(part.text);
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      if (i > 0) {
        if (++count > most_dashes) return std::nullopt;
        std::vector<Pattern> more;
        for (const Pattern& variant : variants) {
          for (const std::string_view dash : dashes) {
            more.push_back(variant);
            append_text(more.back(), dash);
          }
        }
        variants = std::move(more);
      }
      for (Pattern& variant : variants) append_text(variant, pieces[i]);
    }
  }
  return variants;
}

std::optional<std::vector<Pattern>> utf16_encoded(const Pattern& pattern, Utf16 form) {
  Pattern out;
  if (form == Utf16::marked) append_text(out, "\xFF\xFE");
  for (const PatternPart& part : pattern.parts) {
    if (part.kind != PatternPart::Kind::text) {
      out.parts.push_back(part);
      continue;
    }
    const auto units = to_utf16(part.text);
    if (!units) return std::nullopt;
    std::string bytes;
    for (const char16_t unit : *units) {
      const char low = static_cast<char>(unit & 0xFFU);
      const char high = static_cast<char>(unit >> 8U);
      bytes += form == Utf16::big_endian ? high : low;
      bytes += form == Utf16::big_endian ? low : high;
    }
    append_text(out, bytes);
  }
  return std::vector<Pattern>{out};
}

std::optional<std::vector<Pattern>> base64_encoded(const Pattern& pattern) {
  if (pattern.has_wildcards() || pattern.parts.empty()) return std::nullopt;
  return std::vector<Pattern>{plain_pattern(base64(pattern.plain()))};
}

std::optional<std::vector<Pattern>> base64_offsets(const Pattern& pattern) {
  if (pattern.has_wildcards() || pattern.parts.empty()) return std::nullopt;
  constexpr std::array<std::size_t, 3> front = {0, 2, 3};  // characters that the bytes before touch
  constexpr std::array<std::size_t, 3> back = {0, 3, 2};   // the same behind, with the padding
  std::vector<Pattern> out;
  for (std::size_t offset = 0; offset < 3; ++offset) {
    const std::string shifted = std::string(offset, ' ') + std::string(pattern.plain());
    const std::string text = base64(shifted);
    const std::size_t cut = back[shifted.size() % 3];
    if (text.size() <= front[offset] + cut) continue;
    out.push_back(plain_pattern(
        std::string_view(text).substr(front[offset], text.size() - front[offset] - cut)));
  }
  if (out.empty()) return std::nullopt;
  return out;
}

}  // namespace tocsin::rules
