#include "ingest/decode/regex_extractor.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

namespace tocsin::ingest {

RegexExtractor::RegexExtractor() = default;
RegexExtractor::~RegexExtractor() = default;
RegexExtractor::RegexExtractor(RegexExtractor&&) noexcept = default;
RegexExtractor& RegexExtractor::operator=(RegexExtractor&&) noexcept = default;

base::Result<RegexExtractor> RegexExtractor::compile(const std::string& regex,
                                                     std::vector<CaptureTarget> groups) {
  RE2::Options options;
  options.set_log_errors(false);
  // Bodies are bytes: a line with a broken character must still match.
  options.set_encoding(RE2::Options::EncodingLatin1);
  options.set_never_nl(false);
  options.set_max_mem(8 << 20);
  RegexExtractor out;
  out.regex_ = std::make_unique<RE2>(regex, options);
  if (!out.regex_->ok()) {
    return base::fail("ingest-21",
                      fmt::format("the regular expression is refused: {}", out.regex_->error()));
  }
  const int count = out.regex_->NumberOfCapturingGroups();
  if (count != static_cast<int>(groups.size())) {
    return base::fail("ingest-21",
                      fmt::format("the regular expression has {} groups, `groups:` names {}", count,
                                  groups.size()));
  }
  out.groups_ = std::move(groups);
  return out;
}

bool RegexExtractor::match(std::string_view body, Captures& out) const {
  std::array<re2::StringPiece, max_captures + 1> found;
  const auto count = static_cast<int>(groups_.size());
  out.has_time = false;
  if (!regex_->Match({body.data(), body.size()}, 0, body.size(), RE2::ANCHOR_BOTH, found.data(),
                     count + 1)) {
    return false;
  }
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    const re2::StringPiece& piece = found[i + 1];
    out.values[i] = {};
    if (piece.data() == nullptr) continue;
    const std::string_view text{piece.data(), piece.size()};
    if (!read_whole(groups_[i].type, text, out.values[i], out.time)) return false;
    if (is_time(groups_[i].type)) out.has_time = !text.empty();
  }
  return true;
}

}  // namespace tocsin::ingest
