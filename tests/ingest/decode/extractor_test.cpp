#include "ingest/decode/extractor.hpp"

#include <gtest/gtest.h>

#include <ctime>
#include <memory>
#include <optional>

namespace tocsin::ingest {
namespace {

// A body as a batch holds it: with readable bytes behind.
class Body {
 public:
  explicit Body(std::string_view text) : bytes_(text), size_(text.size()) {
    bytes_.append(64, '~');
  }
  [[nodiscard]] std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  std::string bytes_;
  std::size_t size_;
};

Extractor compiled(std::string_view text) {
  Pattern pattern;
  const auto error = read_pattern(text, pattern);
  EXPECT_FALSE(error) << text << ": " << (error ? error->sentence : "");
  return Extractor(pattern);
}

// The values of a body, "-" for a group that was not there; nothing when the body does not fit.
std::optional<std::vector<std::string>> values(std::string_view pattern, std::string_view text) {
  const Extractor extractor = compiled(pattern);
  const Body body(text);
  Captures captures;
  if (!extractor.match(body.view(), captures)) return std::nullopt;
  std::vector<std::string> out;
  for (std::size_t i = 0; i < extractor.targets().size(); ++i) {
    const CapturedValue& value = captures.values[i];
    out.emplace_back(value.data == nullptr ? "-" : std::string(value.text()));
  }
  return out;
}

using Values = std::vector<std::string>;

TEST(Extractor, LiteralTextIsExact) {
  EXPECT_TRUE(values("Connection closed by remote host", "Connection closed by remote host"));
  EXPECT_FALSE(values("Connection closed by remote host", "Connection closed by remote hosts"));
  EXPECT_FALSE(values("Connection closed by remote host", "Connection closed by remote hos"));
  EXPECT_FALSE(values("Connection closed by remote host", "Connection closed by remote Host"));
  EXPECT_FALSE(values("abc", ""));
}

TEST(Extractor, AWordEndsAtBlankOrAtWhatFollows) {
  EXPECT_EQ(values("<a:word> <b:word>", "one two"), (Values{"one", "two"}));
  EXPECT_EQ(values("(<a:word>) CMD", "(root) CMD"), (Values{"root"}));
  EXPECT_EQ(values("<a:word>,<b:word>", "x,y,z"), (Values{"x", "y,z"}));
  EXPECT_EQ(values("<a:word>:<b:int>", "a:b:3"), std::nullopt);
  EXPECT_EQ(values("<a:word> x", "one\tx"), std::nullopt);
  EXPECT_EQ(values("<a:word> x", " x"), std::nullopt);
  EXPECT_EQ(values("<a:word>{ x}", "one"), (Values{"one"}));
  EXPECT_EQ(values("<a:word>{ x}", "one x"), (Values{"one"}));
  EXPECT_EQ(values("<a:word>{ x}", "one y"), std::nullopt);
  EXPECT_EQ(values("<a:word>", "a-very-long-word-of-more-than-sixteen-bytes"),
            (Values{"a-very-long-word-of-more-than-sixteen-bytes"}));
}

TEST(Extractor, ALoneDashIsNoValue) {
  EXPECT_EQ(values("<a:dash> <b:dash>", "- -x"), (Values{"", "-x"}));
}

TEST(Extractor, NumbersAreChecked) {
  EXPECT_EQ(values("<a:int>.", "-17."), (Values{"-17"}));
  EXPECT_EQ(values("<a:int>", "1a"), std::nullopt);
  EXPECT_EQ(values("<a:number>s", "0.25s"), (Values{"0.25"}));
  EXPECT_EQ(values("<a:hex>", "0xDEADbeef"), (Values{"0xDEADbeef"}));
  EXPECT_EQ(values("<a:port>", "65535"), (Values{"65535"}));
  EXPECT_EQ(values("<a:port>", "65536"), std::nullopt);
}

TEST(Extractor, AddressesAreWhole) {
  EXPECT_EQ(values("<a:ip> x", "192.0.2.1 x"), (Values{"192.0.2.1"}));
  EXPECT_EQ(values("<a:ip>:<b:port>", "192.0.2.1:80"), (Values{"192.0.2.1", "80"}));
  EXPECT_EQ(values("<a:ip>:<b:port>", "[2001:db8::1]:80"), (Values{"2001:db8::1", "80"}));
  EXPECT_EQ(values("<a:ip>: x", "2001:db8::1: x"), (Values{"2001:db8::1"}));
  EXPECT_EQ(values("<a:ip>", "::ffff:192.0.2.1"), (Values{"192.0.2.1"}));
  EXPECT_EQ(values("<a:ip>", "192.0.2.256"), std::nullopt);
  EXPECT_EQ(values("<a:ip>", "192.0.2.1.5"), std::nullopt);
}

TEST(Extractor, AHostIsAnAddressOrAName) {
  const Extractor extractor = compiled("from <source:host> port");
  Captures captures;
  const Body address("from 2001:db8::5 port"), name("from gw.example.net port"),
      numbers("from 1.2.3.4.example.net port"), nonsense("from a/b port"), none("from - port");
  ASSERT_TRUE(extractor.match(address.view(), captures));
  EXPECT_TRUE(captures.values[0].is_address);
  ASSERT_TRUE(extractor.match(name.view(), captures));
  EXPECT_FALSE(captures.values[0].is_address);
  EXPECT_EQ(captures.values[0].text(), "gw.example.net");
  ASSERT_TRUE(extractor.match(numbers.view(), captures));
  EXPECT_FALSE(captures.values[0].is_address);
  EXPECT_FALSE(extractor.match(nonsense.view(), captures));
  ASSERT_TRUE(extractor.match(none.view(), captures));
  EXPECT_EQ(captures.values[0].size, 0U);
}

TEST(Extractor, TextEndsAtTheFirstPlaceWhereTheRestFits) {
  EXPECT_EQ(values("<a:text> from <b:ip>", "x from y from 192.0.2.1"),
            (Values{"x from y", "192.0.2.1"}));
  EXPECT_EQ(values("<a:text>: <b:text>: <c:rest>", "a: b: c: d"), (Values{"a", "b", "c: d"}));
  EXPECT_EQ(values("user <a:text> not found", "user  not found"), (Values{""}));
  EXPECT_EQ(values("<a:text>;{ tty <b:word>}{ end}", "x; tty 7 end"), (Values{"x", "7"}));
  EXPECT_EQ(values("<a:text>{ port <b:int>}", "some words port 7"), (Values{"some words", "7"}));
  EXPECT_EQ(values("<a:text>{ port <b:int>}", "some words port x"),
            (Values{"some words port x", "-"}));
}

TEST(Extractor, LastEndsAtTheLastPlaceWhereTheRestFits) {
  const char* pattern = "for <user:last> from <ip:ip> port <port:int>{ ssh2}";
  EXPECT_EQ(values(pattern, "for root from 192.0.2.1 port 5 ssh2"),
            (Values{"root", "192.0.2.1", "5"}));
  EXPECT_EQ(values(pattern, "for x from 198.51.100.1 port 22 ssh2 from 192.0.2.1 port 5 ssh2"),
            (Values{"x from 198.51.100.1 port 22 ssh2", "192.0.2.1", "5"}));
  EXPECT_EQ(values(pattern, "for x from 198.51.100.1 port 22 ssh2 from nowhere"), std::nullopt);
  EXPECT_EQ(values(pattern, "for  from 192.0.2.1 port 5"), (Values{"", "192.0.2.1", "5"}));
  EXPECT_EQ(values("user <a:last>{ [preauth]}", "user bob [preauth]"), (Values{"bob [preauth]"}));
  EXPECT_EQ(values("<a:last> by <b:last> at <c:int>", "x by y at 1 by z at 2"),
            (Values{"x by y at 1", "z", "2"}));
}

TEST(Extractor, LastFindsPlacesFarFromTheEnd) {
  for (std::size_t before = 0; before < 70; ++before) {
    for (std::size_t behind = 0; behind < 40; ++behind) {
      const std::string user(before, 'u');
      const std::string tail = " from 7" + std::string(behind, 'z');
      const auto found = values("<a:last> from 7<b:rest>", user + tail);
      ASSERT_TRUE(found) << before << " " << behind;
      EXPECT_EQ((*found)[0].size(), before);
      EXPECT_EQ((*found)[1].size(), behind);
    }
  }
}

TEST(Extractor, GroupsAreThereOrNot) {
  EXPECT_EQ(values("a{ port <p:int>} b", "a port 7 b"), (Values{"7"}));
  EXPECT_EQ(values("a{ port <p:int>} b", "a b"), (Values{"-"}));
  EXPECT_EQ(values("a{ port <p:int>} b", "a port x b"), std::nullopt);
  EXPECT_EQ(values("{<p:int> }<q:int>", "7 8"), (Values{"7", "8"}));
  EXPECT_EQ(values("{<p:int> }<q:int>", "8"), (Values{"-", "8"}));
  EXPECT_EQ(values("a{ b}{ c}{ d}", "a b d"), (Values{}));
  EXPECT_EQ(values("x{ <a:word>}{: <b:rest>}", "x one: two"), (Values{"one", "two"}));
}

TEST(Extractor, QuotedAndBracketed) {
  EXPECT_EQ(values("\"<a:word>\"", "\"x\""), (Values{"x"}));
  EXPECT_EQ(values("<a:quoted> <b:quoted>", R"("a \"b\" c" "")"), (Values{R"(a \"b\" c)", ""}));
  EXPECT_EQ(values("<a:quoted>", R"("never closed\")"), std::nullopt);
  EXPECT_EQ(values("<a:bracketed> x", "[a b] x"), (Values{"a b"}));
  EXPECT_EQ(values("<a:bracketed> x", "[a b x"), std::nullopt);
}

TEST(Extractor, TimesAreRead) {
  const Extractor extractor = compiled("[<@time:clf>] <_:rest>");
  Captures captures;
  const Body body("[10/Oct/2000:13:55:36 -0700] x"), wrong("[31/Feb/2000:13:55:36 -0700] x");
  ASSERT_TRUE(extractor.match(body.view(), captures));
  EXPECT_TRUE(captures.has_time);
  const auto instant = resolve_time(captures.time, Zone(), 0, base::ReceivedTime());
  ASSERT_TRUE(instant);
  EXPECT_EQ(instant->ns, 971211336'000000000LL);
  EXPECT_FALSE(extractor.match(wrong.view(), captures));
}

TEST(Extractor, HeadAndLiteralsAreWhatEveryBodyHas) {
  const Extractor extractor = compiled("Failed <_:word> for {invalid user }<u:last> from <s:host>");
  EXPECT_EQ(extractor.head(), "Failed ");
  EXPECT_EQ(extractor.literals(), (std::vector<std::string>{"Failed ", " for ", " from "}));
  EXPECT_EQ(compiled("<a:int> x").head(), "");
}

TEST(Extractor, HostileBodiesCostLittle) {
  std::string many = "for ";
  for (int i = 0; i < 10000; ++i) many += "x from 1.2.3.4 port 5 ";
  std::string blanks(60000, ' ');
  const std::clock_t start = std::clock();  // of this process, however busy the machine is
  EXPECT_FALSE(values("for <a:last> from <b:last> from <i:ip> port <p:int> ssh2", many));
  EXPECT_FALSE(values("<a:text> <b:text> <c:text> <d:last> <e:int>x", blanks));
  EXPECT_FALSE(values("{a}{ }{ }{ }{ }{ }{ }{ }<a:last>{ }{ }{ }{ }{ }x", blanks));
  std::string groups, letters;
  for (int i = 0; i < 60; ++i) groups += "{a }", letters += "a ";
  EXPECT_FALSE(values(groups + "<a:word> end", letters));
  EXPECT_TRUE(values(groups + "<a:word> end", letters + "b end"));
  EXPECT_LT(std::clock() - start, 2 * CLOCKS_PER_SEC);
}

// Patterns of one head, tried one after the other with a trail, give what each gives alone.
TEST(Extractor, ATrailChangesNoAnswer) {
  const std::vector<std::string> patterns = {
      "pam_<m:word>(<s:word>:auth): failure; rhost={<h:host>}{  user=<u:rest>}",
      "pam_<m:word>(<s:word>:auth): failure; rhost={<h:host>} user=<u:rest>",
      "pam_<m:word>(<s:word>:auth): check pass; user unknown",
      "pam_<m:word>(<s:word>:session): opened for <u:text>(uid=<i:int>) by <b:rest>",
      "pam_<m:word>(<s:word>:session): opened for <u:rest>",
      "pam_<m:word>(auth): check pass; user unknown",
      "pam_<m:word> <s:int> <p:port>:<t:text>: end",
      "pam_<m:word> <s:int> <p:port>;<t:rest>",
      "pam_tally(<s:word>:auth): user <u:last> (<i:int>)",
      "pam_<m:dash>(<s:word>:account): <h:host> gone",
      "pam_<m:word>(a:b:c:d:e:f:g:h:<s:word>:account): x",
  };
  const std::vector<std::string> bodies = {
      "pam_unix(sshd:auth): failure; rhost=192.0.2.1  user=bob",
      "pam_unix(sshd:auth): failure; rhost=192.0.2.1 user=bob",
      "pam_unix(sshd:auth): failure; rhost=",
      "pam_unix(sshd:auth): check pass; user unknown",
      "pam_unix(auth): check pass; user unknown",
      "pam_unix(a:b:session): opened for bob(uid=0) by root",
      "pam_unix(cron:session): opened for bob",
      "pam_x 17 99:some: text: end",
      "pam_x 17 99;rest",
      "pam_x 17 99999;rest",
      "pam_tally(x:auth): user a (1) (2)",
      "pam_-(x:account): 192.0.2.7 gone",
      "pam_u(a:b:c:d:e:f:g:h:i:account): x",
      "pam_u(a:b:c:d:e:f:g:h:i:account): y",
      "pam_",
      "pam_unix(",
  };
  std::vector<Extractor> extractors;
  for (const std::string& pattern : patterns) extractors.push_back(compiled(pattern));
  for (const std::string& text : bodies) {
    const Body body(text);
    Captures captures;
    Trail trail;
    std::size_t shared = 0;
    for (std::size_t i = 0; i < patterns.size(); ++i) {
      if (i != 0) shared = extractors[i].shared_steps(extractors[i - 1]);
      const bool fits = extractors[i].match(body.view(), captures, trail, shared);
      const auto alone = values(patterns[i], text);
      ASSERT_EQ(fits, alone.has_value()) << patterns[i] << "\n" << text;
      if (!fits) continue;
      for (std::size_t slot = 0; slot < alone->size(); ++slot) {
        const CapturedValue& value = captures.values[slot];
        EXPECT_EQ(value.data == nullptr ? "-" : std::string(value.text()), (*alone)[slot])
            << patterns[i] << "\n"
            << text;
      }
    }
  }
  EXPECT_EQ(extractors[1].shared_steps(extractors[0]), 5U);
  EXPECT_EQ(extractors[8].shared_steps(extractors[7]), 0U);
}

}  // namespace
}  // namespace tocsin::ingest
