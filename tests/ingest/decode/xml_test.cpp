#include "ingest/decode/xml.hpp"

#include <gtest/gtest.h>

#include "base/time.hpp"
#include "tests/ingest/decode/decoded.hpp"

namespace tocsin::ingest {
namespace {

using event::Anomaly;
using Xml = DecodedBy<XmlBody>;

// An event around the parts of <EventData>.
std::string with_data(const std::string& data) {
  return "<Event><System><EventID>1</EventID></System><EventData>" + data + "</EventData></Event>";
}

TEST(Xml, WhatBeginsLikeAnEventIsRecognised) {
  EXPECT_TRUE(looks_like_event_xml("<Event>"));
  EXPECT_TRUE(looks_like_event_xml("<Event xmlns='x'>"));
  EXPECT_TRUE(looks_like_event_xml("<Events>"));
  EXPECT_TRUE(looks_like_event_xml("<Events\n>"));
  EXPECT_TRUE(looks_like_event_xml("<?xml version=\"1.0\"?>\n <Events>"));
  EXPECT_TRUE(looks_like_event_xml("\xEF\xBB\xBF<Event>"));
  for (const char* text : {"", "<", "<Event", "<Eventx>", "<13>Event", "<events>", "<?xml",
                           "x<Event>", "<?xml version=\"1.0\"?><html>"}) {
    EXPECT_FALSE(looks_like_event_xml(text)) << text;
  }
}

TEST(Xml, AnEventHasTheNamesOfEvtxDump) {
  Xml x;
  ASSERT_TRUE(
      x.ok("<Event xmlns='urn:e'><System><Provider Name=\"P\" Guid='{1}'/><EventID "
           "Qualifiers=\"0\">4624</EventID><Channel>Security</Channel><Correlation/>"
           "<TimeCreated SystemTime='2026-01-02T03:04:05.5Z'/></System><EventData>"
           "<Data Name=\"Image\">a.exe</Data><Data Name='Threat Name'>t</Data>"
           "<Data Name='Empty'></Data><Data Name='None'/><Data>one</Data><Data>two</Data>"
           "</EventData><UserData><Op xmlns='u'><User>bob</User></Op></UserData></Event>"));
  EXPECT_EQ(x.pairs(),
            (Pairs{{"Event.#attributes.xmlns", "urn:e"},
                   {"Event.System.Provider.#attributes.Name", "P"},
                   {"Event.System.Provider.#attributes.Guid", "{1}"},
                   {"Event.System.EventID.#attributes.Qualifiers", "0"},
                   {"Event.System.EventID", "4624"},
                   {"Event.System.Channel", "Security"},
                   {"Event.System.Correlation", "null"},
                   {"Event.System.TimeCreated.#attributes.SystemTime", "2026-01-02T03:04:05.5Z"},
                   {"Event.EventData.Image", "a.exe"},
                   {"Event.EventData.Threat Name", "t"},
                   {"Event.EventData.Empty", ""},
                   {"Event.EventData.None", ""},
                   {"Event.EventData.Data", "one"},
                   {"Event.EventData.Data", "two"},
                   {"Event.UserData.Op.#attributes.xmlns", "u"},
                   {"Event.UserData.Op.User", "bob"}}));
  EXPECT_TRUE(x.event.has_time);
  EXPECT_EQ(x.event.time.value, *base::parse_rfc3339("2026-01-02T03:04:05.5Z"));
  EXPECT_TRUE(x.event.anomalies.empty());
}

TEST(Xml, LayoutCommentsAndPrologAreNoText) {
  Xml x;
  ASSERT_TRUE(
      x.ok("\xEF\xBB\xBF<?xml version=\"1.0\"?>\n<!-- a > b -->\n<Events>\r\n  <Event>\n <System>\n"
           "  <EventID >7</EventID >\n </System>\n <EventData>\n <Data Name = 'A' > x </Data>"
           "\n </EventData></Event>\n</Events>\n"));
  EXPECT_EQ(x.pairs(), (Pairs{{"Event.System.EventID", "7"}, {"Event.EventData.A", " x "}}));
}

TEST(Xml, EntitiesAndCdataAreText) {
  Xml x;
  ASSERT_TRUE(
      x.ok(with_data("<Data Name='a&amp;b'>&lt;x&gt; &quot;q&quot; &apos;</Data>"
                     "<Data Name='n'>&#65;&#x42;&#xe4;&#x20AC;&#x1F600;</Data>"
                     "<Data Name='c'>a<![CDATA[<b>&amp;]]>c<!-- no -->d</Data>"
                     "<Data Name='o'><![CDATA[]]></Data>")));
  EXPECT_EQ(x.value("Event.EventData.a&b"), "<x> \"q\" '");
  EXPECT_EQ(x.value("Event.EventData.n"), "AB\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80");
  EXPECT_EQ(x.value("Event.EventData.c"), "a<b>&amp;cd");
  EXPECT_EQ(x.value("Event.EventData.o"), "");
}

TEST(Xml, TextBesideElementsIsKept) {
  Xml x;
  ASSERT_TRUE(x.ok("<Event>a<B>b<C>c</C>d</B>e<F/></Event>"));
  EXPECT_EQ(x.pairs(),
            (Pairs{{"Event.B.C", "c"}, {"Event.B", "bd"}, {"Event.F", "null"}, {"Event", "ae"}}));
}

TEST(Xml, NamespacePrefixesAreTakenAway) {
  Xml x;
  ASSERT_TRUE(x.ok("<Event xmlns:n='u'><n:System><n:EventID>5</n:EventID></n:System></Event>"));
  EXPECT_EQ(x.value("Event.System.EventID"), "5");
}

TEST(Xml, OnlyTheFirstEventCounts) {
  Xml x;
  ASSERT_TRUE(x.ok("<Events><Event><A>1</A></Event><Event><A>2</A></Event></Events>"));
  EXPECT_EQ(x.pairs(), (Pairs{{"Event.A", "1"}}));
  EXPECT_TRUE(x.has(Anomaly::xml_limit));
}

TEST(Xml, WhatIsNotWellFormedHasNoFields) {
  for (const char* text : {"",
                           "<Event>",
                           "<Event",
                           "<Event><A></Event>",
                           "<Event><A></B></Event>",
                           "<Event></Event><x/>",
                           "<Event></Event>x",
                           "x<Event></Event>",
                           "<Event a></Event>",
                           "<Event a=b></Event>",
                           "<Event a='b></Event>",
                           "<Event a='<'></Event>",
                           "<Event a='1'b='2'></Event>",
                           "<Event>&nosuch;</Event>",
                           "<Event>&amp</Event>",
                           "<Event>&#0;</Event>",
                           "<Event>&#xD800;</Event>",
                           "<Event>&#x110000;</Event>",
                           "<Event>&#;</Event>",
                           "<Event>&;</Event>",
                           "<Event>&#99999999;</Event>",
                           "<Event><![CDATA[x</Event>",
                           "<Event><!-- x</Event>",
                           "<Event><? x</Event>",
                           "<Events></Events>",
                           "<Events><x/></Events>",
                           "<x/>",
                           "<Event/><Event/>",
                           "</Event>",
                           "<!DOCTYPE e [<!ENTITY a \"b\">]><Event>&a;</Event>",
                           "<Event></ Event>",
                           "<Event>< A/></Event>"}) {
    Xml x;
    EXPECT_EQ(x.decode(text), BodyResult::invalid) << text;
    EXPECT_TRUE(x.pairs().empty()) << text;
    EXPECT_TRUE(x.has(Anomaly::xml_invalid)) << text;
    EXPECT_FALSE(x.event.has_time) << text;
  }
}

TEST(Xml, ACutEventIsInvalidWhereverItIsCut) {
  const std::string whole = with_data("<Data Name='a'>&lt;</Data><Data/><!-- --><![CDATA[x]]>");
  Xml x;
  ASSERT_TRUE(x.ok(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(x.ok(std::string_view(whole).substr(0, size))) << size;
  }
}

TEST(Xml, DepthSizeAndNamesAreBounded) {
  const auto nested = [](std::size_t depth) {
    std::string out = "<Event>";
    for (std::size_t i = 1; i < depth; ++i) out += "<a>";
    for (std::size_t i = 1; i < depth; ++i) out += "</a>";
    return out + "</Event>";
  };
  Xml x;
  EXPECT_TRUE(x.ok(nested(32)));
  EXPECT_FALSE(x.ok(nested(33)));
  EXPECT_TRUE(x.has(Anomaly::xml_limit));
  x.body = XmlBody({.size = 100});
  EXPECT_FALSE(x.ok(with_data("<Data>" + std::string(100, 'x') + "</Data>")));
  EXPECT_TRUE(x.has(Anomaly::xml_limit));
  x.body = XmlBody({.name = 20});
  EXPECT_TRUE(x.ok(with_data("<Data Name='" + std::string(100, 'x') + "'>y</Data>")));
  EXPECT_EQ(x.value("Event.EventData.xxxx"), "y");
  EXPECT_TRUE(x.has(Anomaly::xml_limit));
  x.body = XmlBody();
  std::string many;
  for (int i = 0; i < 600; ++i) many += "<Data Name='n" + std::to_string(i) + "'>v</Data>";
  EXPECT_TRUE(x.ok(with_data(many)));
  EXPECT_TRUE(x.has(Anomaly::field_limit));
  EXPECT_EQ(x.event.field_count, max_fields);
}

TEST(Xml, ATimeThatCannotBeReadIsSaid) {
  Xml x;
  ASSERT_TRUE(x.ok("<Event><System><TimeCreated SystemTime='soon'/></System></Event>"));
  EXPECT_TRUE(x.has(Anomaly::bad_time));
  EXPECT_FALSE(x.event.has_time);
}

}  // namespace
}  // namespace tocsin::ingest
