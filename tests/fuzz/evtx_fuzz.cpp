// Any bytes as an EVTX file: frames do not depend on how the bytes are cut, each is valid JSON, and
// no place is given twice. Short inputs stand in the middle of a sound file, so that the reader's
// inside is met; checksums are no hindrance, since a wrong one is only said.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/evtx/evtx_framer.hpp"
#include "tests/ingest/decode/decoded.hpp"
#include "tests/ingest/evtx/evtx_file.hpp"

#include "ingest/decode/json.hpp"

namespace {

using namespace tocsin;

// Two events, and what is fuzzed over the binary XML of the first, of the second, or behind both.
std::string around(std::string_view bytes) {
  static const ingest::EvtxChunk sound = [] {
    ingest::EvtxChunk chunk;
    chunk.event(1, "a.exe");
    chunk.event(2, "b.exe");
    return chunk;
  }();
  ingest::EvtxChunk chunk = sound;
  const std::uint8_t where = bytes.empty() ? 0 : static_cast<std::uint8_t>(bytes[0]);
  if (!bytes.empty()) bytes.remove_prefix(1);
  bytes = bytes.substr(0, 60'000);
  if (where % 4 == 0) {
    chunk.record(3, [&] { chunk.put(std::string(bytes)); });
  } else if (where % 4 == 1) {
    chunk.put(std::string(bytes));
  } else {
    const std::size_t at =
        where % 4 == 2 ? chunk.begins()[0] + 24 + where : chunk.begins()[1] + where / 4;
    chunk.bytes().replace(at, bytes.size(), bytes);
  }
  // Cut behind the records: the empty rest of a chunk would be most of the work.
  return ingest::evtx_file({chunk.finished().substr(0, chunk.at() + 32)});
}

void check(std::string_view file, std::size_t piece, std::size_t max_frames,
           std::vector<std::string>& texts) {
  ingest::EvtxFramer framer(max_frames);
  event::Batch batch;
  std::vector<std::uint64_t> ends;
  const auto take = [&] {
    for (std::size_t i = 0; i < batch.frames.size(); ++i) texts.emplace_back(batch.raw(i));
    const bool any = !batch.frames.empty();
    batch.clear();
    return any;
  };
  for (std::size_t at = 0; at < file.size();) {
    at += framer.feed(file.substr(at, piece), batch, {}, {}, ends);
    take();
  }
  do {
    framer.feed({}, batch, {}, {}, ends);
    if (batch.frames.size() < max_frames) framer.end(batch, {}, {}, ends);
  } while (take());
  if (framer.pending() != 0 || ends.size() != texts.size()) std::abort();
  for (std::size_t i = 1; i < ends.size(); ++i) {
    if (ends[i] < ends[i - 1]) std::abort();
  }
  if (!ends.empty() && ends.back() > file.size()) std::abort();
}

void check_all(std::string_view file) {
  std::vector<std::string> whole, pieces;
  check(file, file.size(), 4096, whole);
  check(file, 3000, 2, pieces);
  if (whole != pieces) std::abort();
  static ingest::DecodedBy<ingest::JsonBody> json;
  for (const std::string& text : whole) {
    if (text.size() > 300 * 1024 || !json.ok(text)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.starts_with("ElfFile")) {
    check_all(bytes);
  } else {
    check_all(around(bytes));
  }
  return 0;
}
