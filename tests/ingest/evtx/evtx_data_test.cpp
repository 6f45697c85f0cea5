// EVTX files of others against the JSON that evtx_dump made of them.
#include <gtest/gtest.h>

#include "base/json.hpp"
#include "ingest/listen/file_source.hpp"
#include "tests/ingest/decode/data_records.hpp"

namespace tocsin::ingest {
namespace {

// Objects of a JSON text one behind the other, each as one normal form whatever its blanks.
std::vector<std::string> objects_of(const std::filesystem::path& path) {
  std::vector<std::string> out;
  auto file = FileSource::open(path.string());
  EXPECT_TRUE(file) << path;
  event::Batch batch;
  while (file && (*file)->next(batch)) {
    for (std::size_t i = 0; i < batch.frames.size(); ++i) {
      EXPECT_TRUE(batch.frames[i].anomalies.empty()) << path;
      simdjson::dom::parser parser;
      simdjson::dom::element element;
      EXPECT_FALSE(parser.parse(batch.raw(i)).get(element)) << batch.raw(i);
      out.push_back(simdjson::minify(element));
    }
  }
  EXPECT_FALSE((*file)->error()) << path;
  return out;
}

// evtx_dump cuts blanks off the ends of texts; the log has them, and we keep them.
std::string without_blanks_at_ends(std::string json) {
  for (std::size_t at = 0; (at = json.find(" \"", at)) != std::string::npos;) {
    const char next = json[at + 2];
    if ((next == ',' || next == '}' || next == ']') && json[at - 1] != ':') {
      json.erase(at, 1);
      if (at > 0) --at;
    } else {
      ++at;
    }
  }
  return json;
}

TEST(EvtxData, RecordsEqualWhatEvtxDumpPrints) {
  if (data_folder().empty()) GTEST_SKIP() << "TOCSIN_DATA is not set";
  const std::filesystem::path folder = data_folder() / "sigma" / "regression";
  std::size_t files = 0, records = 0, with_blanks = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".evtx") continue;
    ++files;
    const std::vector<std::string> ours = objects_of(entry.path());
    std::filesystem::path json = entry.path();
    const std::vector<std::string> theirs = objects_of(json.replace_extension(".json"));
    ASSERT_EQ(ours.size(), theirs.size()) << entry.path();
    for (std::size_t i = 0; i < ours.size(); ++i) {
      if (ours[i] != theirs[i]) ++with_blanks;
      EXPECT_EQ(without_blanks_at_ends(ours[i]), theirs[i]) << entry.path();
    }
    records += ours.size();
  }
  std::cout << files << " files, " << records << " records, " << with_blanks
            << " with blanks at the end of a text that evtx_dump cuts\n";
  EXPECT_EQ(files, 12U);
  EXPECT_EQ(records, 17U);
  EXPECT_LE(with_blanks, 4U);
}

}  // namespace
}  // namespace tocsin::ingest
