#include "ingest/listen/peers.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

namespace tocsin::ingest {
namespace {

sockaddr_storage address(const char* text, std::uint16_t port = 1, std::uint32_t scope = 0) {
  sockaddr_storage out{};
  auto& v4 = reinterpret_cast<sockaddr_in&>(out);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(out);
  if (::inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
  } else {
    EXPECT_EQ(::inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    v6.sin6_scope_id = scope;
  }
  return out;
}

TEST(PeersTest, AddressesAsText) {
  EXPECT_EQ(address_text(address("192.0.2.1")), "192.0.2.1");
  EXPECT_EQ(address_text(address("2001:db8::1")), "2001:db8::1");
  EXPECT_EQ(address_text(address("::ffff:192.0.2.1")), "192.0.2.1");
  EXPECT_EQ(address_text(address("fe80::1", 1, 2)), "fe80::1%2");
  EXPECT_EQ(address_text(sockaddr_storage{}), "");
}

class PeerTableTest : public testing::Test {
 protected:
  PeerTable table(std::size_t max_peers) {
    event::Source source;
    source.input = "udp";
    source.transport = event::Transport::udp;
    return PeerTable(source, sources_, max_peers,
                     [this](event::SourceId id) { added_.push_back(id); });
  }
  event::SourceTable sources_;
  std::vector<event::SourceId> added_;
};

TEST_F(PeerTableTest, AnAddressIsOnePeerWhateverItsPort) {
  PeerTable peers = table(10);
  Peer& a = peers.find(address("192.0.2.1", 1000));
  EXPECT_EQ(&peers.find(address("192.0.2.1", 2000)), &a);
  EXPECT_EQ(&peers.find(address("::ffff:192.0.2.1", 2000)), &a);
  Peer& b = peers.find(address("2001:db8::1"));
  EXPECT_NE(&b, &a);
  EXPECT_NE(&peers.find(address("fe80::1", 1, 2)), &peers.find(address("fe80::1", 1, 3)));
  EXPECT_EQ(&peers.find(address("192.0.2.1")), &a);
  EXPECT_EQ(sources_[a.source].peer, "192.0.2.1");
  EXPECT_EQ(sources_[a.source].input, "udp");
  EXPECT_FALSE(sources_[a.source].authenticated);
  EXPECT_EQ(added_.size(), 4U);
}

TEST_F(PeerTableTest, BeyondTheLimitTheyShareOneWithoutAnAddress) {
  PeerTable peers = table(2);
  peers.find(address("192.0.2.1")).frames.add(5);
  peers.find(address("192.0.2.2")).bytes.add(1);
  Peer& shared = peers.find(address("192.0.2.3"));
  EXPECT_EQ(&peers.find(address("192.0.2.4")), &shared);
  EXPECT_EQ(&peers.find("uid 0", true), &shared);
  shared.frames.add(2);
  EXPECT_EQ(sources_[shared.source].peer, "");
  EXPECT_FALSE(sources_[shared.source].authenticated);
  EXPECT_EQ(sources_.size(), 1U + 3U);
  const auto seen = peers.list();
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_EQ(seen[0].peer, "192.0.2.1");
  EXPECT_EQ(seen[0].frames, 5U);
  EXPECT_EQ(seen[2].peer, "");
  EXPECT_EQ(seen[2].frames, 2U);
}

TEST_F(PeerTableTest, NamesThatTheKernelVouchesFor) {
  PeerTable peers = table(10);
  EXPECT_TRUE(sources_[peers.find("uid 0", true).source].authenticated);
  EXPECT_FALSE(sources_[peers.find("uid 1000", false).source].authenticated);
  EXPECT_EQ(&peers.find("uid 0", true), &peers.find("uid 0", true));
}

}  // namespace
}  // namespace tocsin::ingest
