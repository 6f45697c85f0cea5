#include "cli/decode.hpp"

#include "tests/cli/captured.hpp"
#include "tests/cli/failures.hpp"

namespace tocsin::cli {
namespace {

class DecodeTest : public testing::Test {
 protected:
  static std::string decoded(const DecodeCommand& asked, std::string_view input = {}) {
    Captured captured(input);
    EXPECT_EQ(run_decode(asked, captured.streams()), exit_code::ok) << captured.err();
    EXPECT_EQ(captured.err(), "");
    return captured.out();
  }
  static DecodeCommand json(std::vector<std::string> lines = {}) {
    DecodeCommand out;
    out.lines = std::move(lines);
    out.json = true;
    out.year = 2026;
    return out;
  }
  OwnPacks packs_;
  TemporaryFolder folder_;
};

TEST_F(DecodeTest, TheFieldsOfTheContractInTheirOrder) {
  const std::string line = failures(1);
  const std::string out = decoded(json({line.substr(0, line.size() - 1)}));
  std::size_t at = 0;
  for (const char* part :
       {"{\"time\":\"2026-11-20T22:40:00.000000000Z\",\"received\":\"",
        "\",\"logsource\":[{\"product\":\"linux\",\"service\":\"sshd\"},", ",\"decoder\":\"sshd\",",
        "\"fields\":{\"message\":\"Failed password for bob from 203.0.113.7 port 50022 ssh2\",",
        "\"host.name\":\"web01\"", "\"process.name\":\"sshd\"", "\"process.pid\":811",
        "\"user.name\":\"bob\"", "\"source.ip\":\"203.0.113.7\"", "\"source.port\":50022",
        "},\"anomalies\":[]}\n"}) {
    const std::size_t found = out.find(part, at);
    ASSERT_NE(found, std::string::npos) << part << "\n" << out;
    at = found;
  }
}

TEST_F(DecodeTest, OneEventALineAlways) {
  const std::string input("\n\r\n\0\xff\nrubbish\nwithout an end", 28);
  const std::string out = decoded(json(), input);
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 5) << out;
  EXPECT_EQ(decoded(json(), ""), "");
}

TEST_F(DecodeTest, ALineWithoutAnEndKeepsItsBeginning) {
  const std::string out = decoded(json(), std::string(1'000'000, 'a') + "\nb\n");
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 2);
  EXPECT_LT(out.size(), 300'000U);
  EXPECT_NE(out.find("\"frame_truncated\""), std::string::npos);
}

TEST_F(DecodeTest, PeopleSeeDecoderAndLogSourceAndNoEscapes) {
  DecodeCommand asked =
      json({"Nov 20 22:40:01 web01 sshd[811]: Failed password for bo\x1b[31mb "
            "from 203.0.113.7 port 50022 ssh2"});
  asked.json = false;
  const std::string out = decoded(asked);
  EXPECT_TRUE(
      out.starts_with("2026-11-20T22:40:01.000000000Z  decoder sshd, log source "
                      "linux/sshd, linux/auth\n  message  "))
      << out;
  EXPECT_EQ(out.find('\x1b'), std::string::npos);
}

TEST_F(DecodeTest, AuditRecordsAreSingleUnlessJoined) {
  const std::string records =
      "type=SYSCALL msg=audit(1700000000.123:7): arch=c000003e syscall=59 success=yes exit=0 "
      "pid=5 uid=0 comm=\"id\" exe=\"/usr/bin/id\"\n"
      "type=EXECVE msg=audit(1700000000.123:7): argc=1 a0=\"id\"\n"
      "type=EOE msg=audit(1700000000.123:7): \n";
  DecodeCommand asked = json();
  const std::string single = decoded(asked, records);
  EXPECT_EQ(std::count(single.begin(), single.end(), '\n'), 3) << single;
  asked.join = true;
  const std::string joined = decoded(asked, records);
  EXPECT_EQ(std::count(joined.begin(), joined.end(), '\n'), 1) << joined;
}

TEST_F(DecodeTest, ADecoderWithAMistakeIsTold) {
  DecodeCommand asked = json({"x"});
  asked.packs.decoders = {folder_.write("d.yaml", "name: d\npattern: []\n")};
  Captured captured;
  EXPECT_EQ(run_decode(asked, captured.streams()), exit_code::invalid);
  EXPECT_NE(captured.err().find("d.yaml:2:1: ingest-11"), std::string::npos) << captured.err();
}

}  // namespace
}  // namespace tocsin::cli
