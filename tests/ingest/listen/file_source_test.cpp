#include "ingest/listen/file_source.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "tests/ingest/evtx/evtx_file.hpp"
#include "tests/ingest/listen/test_files.hpp"

namespace tocsin::ingest {
namespace {

using event::Anomaly;

std::vector<std::string> rest_of(FileSource& source) {
  std::vector<std::string> out;
  event::Batch batch;
  while (source.next(batch)) {
    EXPECT_FALSE(batch.frames.empty());
    for (std::size_t i = 0; i < batch.frames.size(); ++i) out.emplace_back(batch.raw(i));
  }
  return out;
}

std::vector<std::string> lines_of(const std::string& path, const FileOptions& options = {}) {
  auto source = FileSource::open(path, options);
  EXPECT_TRUE(source) << to_string(source.error());
  auto out = rest_of(**source);
  EXPECT_FALSE((*source)->error());
  return out;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

TEST(FileSourceTest, GivesEveryLineWhateverTheBatchSize) {
  const TemporaryFolder folder;
  const std::string text = numbered_lines(5000);
  const auto expected = split(text);
  for (const std::string& file : {text, gzip(text), zstd(text)}) {
    write_file(folder / "log", file);
    EXPECT_EQ(lines_of(folder / "log"), expected);
    EXPECT_EQ(lines_of(folder / "log", {.batch_bytes = 100}), expected);
    EXPECT_EQ(lines_of(folder / "log", {.batch_bytes = 5000, .batch_frames = 3}), expected);
  }
}

TEST(FileSourceTest, BatchesStayWithinTheirBounds) {
  const TemporaryFolder folder;
  write_file(folder / "log", numbered_lines(20'000) + std::string(100'000, '\n'));
  auto source = FileSource::open(folder / "log");
  ASSERT_TRUE(source);
  event::Batch batch;
  std::size_t frames = 0;
  while ((*source)->next(batch)) {
    EXPECT_LE(batch.frames.size(), 4096U);
    EXPECT_LE(batch.text_size(), 256U * 1024);
    frames += batch.frames.size();
  }
  EXPECT_EQ(frames, 120'000U);
  EXPECT_EQ((*source)->progress().read, (*source)->progress().total);
}

TEST(FileSourceTest, TheLastLineNeedsNoLineFeed) {
  const TemporaryFolder folder;
  write_file(folder / "log", "a\nb");
  EXPECT_EQ(lines_of(folder / "log"), (std::vector<std::string>{"a", "b"}));
  write_file(folder / "log", "");
  EXPECT_TRUE(lines_of(folder / "log").empty());
}

TEST(FileSourceTest, ObjectsOverSeveralLinesAreFrames) {
  const TemporaryFolder folder;
  std::string text = "[\n";
  std::vector<std::string> expected;
  for (int i = 0; i < 500; ++i) {
    expected.push_back("{\n  \"n\": " + std::to_string(i) + ",\n  \"x\": [{}]\n}");
    text += expected.back() + (i < 499 ? ",\n" : "\n]\n");
  }
  for (const std::string& file : {text, gzip(text)}) {
    write_file(folder / "log", file);
    for (const FileOptions& options :
         {FileOptions{}, FileOptions{.batch_bytes = 100}, FileOptions{.batch_frames = 3}}) {
      EXPECT_EQ(lines_of(folder / "log", options), expected);
    }
  }
  write_file(folder / "log", text + "{\"open\":");
  expected.push_back("{\"open\":");
  EXPECT_EQ(lines_of(folder / "log", {.batch_frames = 3}), expected);
}

TEST(FileSourceTest, AReaderOfObjectsGoesOnBehindAnyOfThem) {
  const TemporaryFolder folder;
  write_file(folder / "log", "[{\"a\":1},\n{\"a\":2\n} , {\"a\":3}{\"a\":4}]");
  const auto whole = lines_of(folder / "log");
  ASSERT_EQ(whole.size(), 4U);
  for (std::size_t frames = 0; frames <= 4; ++frames) {
    auto first = FileSource::open(folder / "log", {.batch_frames = 3});
    ASSERT_TRUE(first);
    event::Batch batch;
    ASSERT_TRUE((*first)->next(batch));
    if (frames > 3) {
      ASSERT_TRUE((*first)->next(batch));
    }
    const auto offset = (*first)->offset(batch, frames > 3 ? frames - 3 : frames);
    ASSERT_TRUE(offset);
    auto second = FileSource::open(folder / "log");
    ASSERT_TRUE(second);
    const auto resumed = (*second)->resume(offset->value);
    ASSERT_TRUE(resumed);
    EXPECT_TRUE(*resumed);
    EXPECT_EQ(
        rest_of(**second),
        std::vector<std::string>(whole.begin() + static_cast<std::ptrdiff_t>(frames), whole.end()));
  }
}

TEST(FileSourceTest, AnEventLogOfWindowsIsReadAndGoneOnWithFromAnyRecord) {
  const TemporaryFolder folder;
  std::vector<std::string> chunks, expected;
  for (std::uint64_t id = 1; id <= 40; ++id) {
    if (id % 20 == 1) chunks.emplace_back();
    expected.push_back(EvtxChunk::event_json(id, "a.exe"));
  }
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    EvtxChunk chunk;
    for (std::uint64_t id = 20 * i + 1; id <= 20 * (i + 1); ++id) chunk.event(id, "a.exe");
    chunks[i] = chunk.finished();
  }
  for (const std::string& file :
       {evtx_file(chunks), gzip(evtx_file(chunks)), zstd(evtx_file(chunks))}) {
    write_file(folder / "log", file);
    auto source = FileSource::open(folder / "log");
    ASSERT_TRUE(source);
    EXPECT_EQ((*source)->format(), FileFormat::evtx);
    EXPECT_EQ(rest_of(**source), expected);
    EXPECT_EQ(lines_of(folder / "log", {.batch_bytes = 100, .batch_frames = 3}), expected);
    auto reader = FileSource::open(folder / "log", {.batch_frames = 7});
    ASSERT_TRUE(reader);
    event::Batch batch;
    for (std::size_t done = 0; (*reader)->next(batch); done += batch.frames.size()) {
      for (std::size_t frames = 0; frames <= batch.frames.size(); frames += 3) {
        const auto offset = (*reader)->offset(batch, frames);
        ASSERT_TRUE(offset);
        auto second = FileSource::open(folder / "log");
        ASSERT_TRUE(second);
        const auto resumed = (*second)->resume(offset->value);
        ASSERT_TRUE(resumed && *resumed);
        EXPECT_EQ(
            rest_of(**second),
            std::vector<std::string>(expected.begin() + static_cast<std::ptrdiff_t>(done + frames),
                                     expected.end()));
      }
    }
  }
}

TEST(FileSourceTest, AByteOrderMarkIsNoPartOfTheFirstLine) {
  const TemporaryFolder folder;
  write_file(folder / "log", "\xef\xbb\xbf{\"a\":1}\n{\"a\":2}\n");
  EXPECT_EQ(lines_of(folder / "log"), (std::vector<std::string>{"{\"a\":1}", "{\"a\":2}"}));
}

TEST(FileSourceTest, FramesCarrySourceAndTime) {
  const TemporaryFolder folder;
  write_file(folder / "log", "type=LOGIN msg=audit(1.000:1): a\r\n\n");
  auto source = FileSource::open(folder / "log");
  ASSERT_TRUE(source);
  EXPECT_EQ((*source)->format(), FileFormat::audit);
  EXPECT_EQ((*source)->head(), "type=LOGIN msg=audit(1.000:1): a\r\n\n");
  ASSERT_TRUE((*source)->modified());
  (*source)->set_source(event::SourceId(5), base::ReceivedTime(77));
  event::Batch batch;
  ASSERT_TRUE((*source)->next(batch));
  ASSERT_EQ(batch.frames.size(), 2U);
  EXPECT_EQ(batch.raw(0), "type=LOGIN msg=audit(1.000:1): a");
  EXPECT_EQ(batch.raw(1), "");
  EXPECT_EQ(batch.frames[1].source, event::SourceId(5));
  EXPECT_EQ(batch.frames[1].received, base::ReceivedTime(77));
}

TEST(FileSourceTest, LongLinesAreCutAndCounted) {
  const TemporaryFolder folder;
  write_file(folder / "log", "short\n" + std::string(1'000'000, 'x') + "\nafter\n");
  auto source = FileSource::open(folder / "log", {.max_frame = 1000});
  ASSERT_TRUE(source);
  event::Batch batch;
  std::vector<std::pair<std::size_t, bool>> got;
  while ((*source)->next(batch)) {
    for (const event::Frame& frame : batch.frames)
      got.emplace_back(frame.size, frame.anomalies.has(Anomaly::frame_truncated));
  }
  EXPECT_EQ(got, (std::vector<std::pair<std::size_t, bool>>{{5, false}, {1000, true}, {5, false}}));
  EXPECT_EQ((*source)->thrown_away(), 999'000U);
}

// From every position that was ever offered for a commit, the rest is exactly what had not been
// given.
TEST(FileSourceTest, GoesOnFromEveryOffset) {
  const TemporaryFolder folder;
  const std::string text = "\xef\xbb\xbf" + numbered_lines(300) + std::string(3000, 'y') + "\n" +
                           numbered_lines(30) + "end";
  for (const std::string& file : {text, gzip(text), zstd(text)}) {
    write_file(folder / "log", file);
    const FileOptions options = {.batch_bytes = 700, .batch_frames = 9, .max_frame = 500};
    const auto all = lines_of(folder / "log", options);
    auto source = FileSource::open(folder / "log", options);
    ASSERT_TRUE(source);
    event::Batch batch;
    std::size_t given = 0;
    while ((*source)->next(batch)) {
      for (std::size_t part = 0; part <= batch.frames.size(); part += 4) {
        const auto offset = (*source)->offset(batch, part);
        ASSERT_TRUE(offset);
        EXPECT_EQ(offset->key, (*source)->offset_key());
        auto again = FileSource::open(folder / "log", options);
        ASSERT_TRUE(again);
        auto resumed = (*again)->resume(offset->value);
        ASSERT_TRUE(resumed && *resumed);
        const auto rest = rest_of(**again);
        const std::size_t first = given + std::min(part, batch.frames.size());
        ASSERT_EQ(rest,
                  std::vector<std::string>(all.begin() + static_cast<long>(first), all.end()));
      }
      given += batch.frames.size();
      const auto end = (*source)->offset();
      ASSERT_TRUE(end);
      auto again = FileSource::open(folder / "log", options);
      ASSERT_TRUE((*again)->resume(end->value).value());
      ASSERT_EQ(rest_of(**again),
                std::vector<std::string>(all.begin() + static_cast<long>(given), all.end()));
    }
    EXPECT_EQ(given, all.size());
  }
}

TEST(FileSourceTest, AnotherFileOfThatNameIsReadFromItsBegin) {
  const TemporaryFolder folder;
  write_file(folder / "log", numbered_lines(50));
  auto source = FileSource::open(folder / "log");
  rest_of(**source);
  const std::string committed = (*source)->offset()->value;
  write_file(folder / "log", numbered_lines(60, 7));
  source = FileSource::open(folder / "log");
  EXPECT_FALSE((*source)->resume(committed).value());
  EXPECT_EQ(rest_of(**source).size(), 60U);
  // The same file, grown: only what is new.
  write_file(folder / "log", numbered_lines(55));
  source = FileSource::open(folder / "log");
  EXPECT_TRUE((*source)->resume(committed).value());
  EXPECT_EQ(rest_of(**source).size(), 5U);
  // The same begin, but shorter than what was read.
  write_file(folder / "log", numbered_lines(40));
  source = FileSource::open(folder / "log");
  EXPECT_FALSE((*source)->resume(committed).value());
  EXPECT_FALSE((*source)->resume("nonsense").value());
  EXPECT_EQ(rest_of(**source).size(), 40U);
}

TEST(FileSourceTest, ACutArchiveGivesItsLinesThenAnError) {
  const TemporaryFolder folder;
  const std::string text = numbered_lines(20'000);
  const auto expected = split(text);
  for (const std::string& file : {gzip(text), zstd(text)}) {
    write_file(folder / "log", std::string_view(file).substr(0, file.size() * 2 / 3));
    auto source = FileSource::open(folder / "log");
    ASSERT_TRUE(source);
    event::Batch batch;
    std::size_t given = 0;
    bool incomplete = false;
    while ((*source)->next(batch)) {
      for (std::size_t i = 0; i < batch.frames.size(); ++i, ++given) {
        EXPECT_FALSE(incomplete);
        incomplete = batch.frames[i].anomalies.has(Anomaly::frame_incomplete);
        if (!incomplete) {
          ASSERT_EQ(batch.raw(i), expected[given]);
        } else {
          EXPECT_TRUE(expected[given].starts_with(batch.raw(i)));
        }
      }
    }
    EXPECT_GT(given, 5000U);
    ASSERT_TRUE((*source)->error());
    EXPECT_EQ((*source)->error()->code, "ingest-103");
    EXPECT_EQ((*source)->error()->origin.name, folder / "log");
  }
}

TEST(FileSourceTest, WhatCannotBeOpenedIsAnError) {
  const TemporaryFolder folder;
  EXPECT_EQ(FileSource::open(folder / "none").error().code, "ingest-101");
  EXPECT_EQ(FileSource::open(folder.path()).error().code, "ingest-101");
  write_file(folder / "log", "a\n");
  EXPECT_EQ(FileSource::open(folder / "log", {.format = "csv"}).error().code, "ingest-104");
  write_file(folder / "bad.gz", "\x1f\x8b not gzip at all");
  EXPECT_EQ(FileSource::open(folder / "bad.gz").error().code, "ingest-102");
}

TEST(FileSourceTest, StandardInputGivesLinesAsTheyCome) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const int saved = ::dup(STDIN_FILENO);
  ASSERT_EQ(::dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
  ASSERT_EQ(::write(ends[1], "one\ntw", 6), 6);
  auto source = FileSource::open("-");
  ASSERT_TRUE(source);
  event::Batch batch;
  ASSERT_TRUE((*source)->next(batch));  // although the writer is still there
  EXPECT_EQ(batch.raw(0), "one");
  EXPECT_FALSE((*source)->offset());
  EXPECT_FALSE((*source)->modified());
  ASSERT_EQ(::write(ends[1], "o\nthree", 7), 7);
  ::close(ends[1]);
  EXPECT_EQ(rest_of(**source), (std::vector<std::string>{"two", "three"}));
  ::dup2(saved, STDIN_FILENO);
  ::close(saved);
  ::close(ends[0]);
}

}  // namespace
}  // namespace tocsin::ingest
