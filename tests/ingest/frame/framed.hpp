// What an object framer makes of bytes that come in pieces.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "ingest/frame/object_framer.hpp"

namespace tocsin::ingest {

struct Framed {
  std::vector<std::string> texts;
  std::vector<event::Anomalies> anomalies;
  std::vector<std::uint64_t> ends;
  std::uint64_t thrown_away = 0;
};

// `max_frames`: the framer's own; each batch holds no more.
inline Framed framed_by(ObjectFramer& framer, std::string_view text, std::size_t piece,
                        std::size_t max_frames) {
  Framed out;
  event::Batch batch;
  const auto take = [&] {
    EXPECT_LE(batch.frames.size(), max_frames);
    for (std::size_t i = 0; i < batch.frames.size(); ++i) {
      out.texts.emplace_back(batch.raw(i));
      out.anomalies.push_back(batch.frames[i].anomalies);
    }
    const bool any = !batch.frames.empty();
    batch.clear();
    return any;
  };
  for (std::size_t at = 0; at < text.size();) {
    at += framer.feed(text.substr(at, piece), batch, {}, {}, out.ends);
    take();
  }
  do {
    framer.feed({}, batch, {}, {}, out.ends);
    if (batch.frames.size() < max_frames) framer.end(batch, {}, {}, out.ends);
  } while (take());
  EXPECT_EQ(framer.pending(), 0U);
  EXPECT_EQ(out.ends.size(), out.texts.size());
  out.thrown_away = framer.thrown_away();
  return out;
}

}  // namespace tocsin::ingest
