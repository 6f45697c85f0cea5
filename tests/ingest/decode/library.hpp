// The decoder library as it stands in the tree, for tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/yaml.hpp"
#include "ingest/decode/decoder_set.hpp"
#include "tests/source_folder.hpp"

namespace tocsin::ingest {

inline std::vector<base::SourceText> library_texts() {
  std::vector<base::SourceText> out;
  const std::string folder = tocsin::source_folder() + "/ingest/decoders";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    auto source = base::read_source(entry.path().string());
    EXPECT_TRUE(source) << entry.path();
    if (source) out.push_back(*std::move(source));
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

// Decoders compiled from texts, with all that they refer to.
struct Compiled {
  event::FieldTable fields;
  event::LogsourceTable logsources;
  base::Errors errors;
  std::shared_ptr<const DecoderSet> set;

  explicit Compiled(const std::vector<base::SourceText>& texts) {
    set = DecoderSet::compile(texts, fields, logsources, errors);
  }
  void expect_no_errors() const {
    for (const base::Error& error : errors) ADD_FAILURE() << base::to_string(error);
  }
};

}  // namespace tocsin::ingest
