#include "ingest/frame/xml_events.hpp"

#include <gtest/gtest.h>

#include "tests/ingest/frame/framed.hpp"

namespace tocsin::ingest {
namespace {

using event::Anomaly;

Framed framed(std::string_view text, std::size_t piece = 1 << 20, std::size_t max_frames = 4096,
              std::size_t max_frame = 1000) {
  XmlEventFramer framer(max_frame, max_frames);
  return framed_by(framer, text, piece, max_frames);
}

constexpr std::string_view two =
    "<?xml version='1.0'?>\r\n<!-- <Event> --><Events>\n <Event a='1'><b/>\n</Event>"
    "<Event><![CDATA[</Event>]]>x</Event>\n</Events>\n";

TEST(XmlEvents, EachEventIsAFrame) {
  const Framed out = framed(two);
  EXPECT_EQ(out.texts, (std::vector<std::string>{"<Event a='1'><b/>\n</Event>",
                                                 "<Event><![CDATA[</Event>]]>x</Event>"}));
  for (const event::Anomalies& anomalies : out.anomalies) EXPECT_TRUE(anomalies.empty());
}

TEST(XmlEvents, PiecesAndBatchesMakeNoDifference) {
  const std::string odd = std::string(two) + "lost line\n<Evil><Event>1</Event> <Event>" +
                          std::string(3000, 'x') + "</Event><Event>cut";
  for (const std::string& text : {std::string(two), odd}) {
    const Framed whole = framed(text, text.size(), 4096, 100);
    for (std::size_t piece = 1; piece < 40; ++piece) {
      for (const std::size_t max_frames : {1UL, 2UL, 100UL}) {
        const Framed out = framed(text, piece, max_frames, 100);
        EXPECT_EQ(out.texts, whole.texts) << piece << " " << max_frames;
        EXPECT_EQ(out.ends, whole.ends) << piece << " " << max_frames;
        EXPECT_EQ(out.thrown_away, whole.thrown_away);
      }
    }
  }
}

TEST(XmlEvents, GoingOnAtAnyEndGivesTheRest) {
  const Framed whole = framed(two);
  for (std::size_t i = 0; i < whole.ends.size(); ++i) {
    const Framed rest = framed(two.substr(whole.ends[i]));
    EXPECT_EQ(rest.texts,
              std::vector<std::string>(whole.texts.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                       whole.texts.end()));
  }
}

TEST(XmlEvents, WhatIsNoEventIsSaid) {
  const Framed out = framed("lost\n<Evil/><Event>1</Event>");
  EXPECT_EQ(out.texts, (std::vector<std::string>{"lost", "<Evil/>", "<Event>1</Event>"}));
  EXPECT_TRUE(out.anomalies[0].has(Anomaly::frame_incomplete));
  EXPECT_TRUE(out.anomalies[1].has(Anomaly::frame_incomplete));
  EXPECT_TRUE(out.anomalies[2].empty());
}

TEST(XmlEvents, AnEventThatDoesNotEndIsIncomplete) {
  for (const std::string_view text : {"<Event>", "<Event><![CDATA[</Event>", "<Event", "<Events"}) {
    const Framed out = framed(text);
    ASSERT_EQ(out.texts, std::vector<std::string>{std::string(text)});
    EXPECT_TRUE(out.anomalies[0].has(Anomaly::frame_incomplete));
  }
}

TEST(XmlEvents, LongEventsAreCutAndEndlessOnesEnd) {
  const Framed out =
      framed("<Event>" + std::string(200, 'x') + "</Event><Event >y</Event>", 50, 9, 100);
  ASSERT_EQ(out.texts.size(), 2U);
  EXPECT_EQ(out.texts[0].size(), 100U);
  EXPECT_TRUE(out.anomalies[0].has(Anomaly::frame_truncated));
  EXPECT_EQ(out.thrown_away, 115U);
  const Framed endless = framed("<Event>" + std::string(10'000, 'x'), 64, 9, 100);
  EXPECT_EQ(endless.ends.front(), 1600U);
  for (const event::Anomalies& one : endless.anomalies) {
    EXPECT_TRUE(one.has(Anomaly::frame_truncated));
    EXPECT_TRUE(one.has(Anomaly::frame_incomplete));
  }
}

}  // namespace
}  // namespace tocsin::ingest
