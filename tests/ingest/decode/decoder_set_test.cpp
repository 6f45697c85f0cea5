#include "ingest/decode/decoder_set.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace tocsin::ingest {
namespace {

std::vector<base::SourceText> library() {
  std::vector<base::SourceText> out;
  const std::string folder = TOCSIN_SOURCE_DIR "/ingest/decoders";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    auto source = base::read_source(entry.path().string());
    EXPECT_TRUE(source);
    if (source) out.push_back(*std::move(source));
  }
  return out;
}

TEST(DecoderSet, TheLibraryCompiles) {
  event::FieldTable fields;
  event::LogsourceTable logsources;
  base::Errors errors;
  const auto set = DecoderSet::compile(library(), fields, logsources, errors);
  for (const base::Error& error : errors) ADD_FAILURE() << base::to_string(error);
  ASSERT_TRUE(set);
  EXPECT_GT(set->pattern_count(), 10U);
}

}  // namespace
}  // namespace tocsin::ingest
