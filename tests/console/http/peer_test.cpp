#include "console/http/peer.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tocsin::console {
namespace {

TEST(Peer, IsWhoeverConnected) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const auto peer = peer_of(ends[0]);
  ASSERT_TRUE(peer);
  EXPECT_EQ(*peer, (Peer{::getuid(), ::getgid(), ::getpid()}));
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Peer, IsNobodyWhereTheKernelSaysNothing) {
  EXPECT_FALSE(peer_of(-1));
  const int tcp = ::socket(AF_INET, SOCK_STREAM, 0);
  ASSERT_GE(tcp, 0);
  EXPECT_FALSE(peer_of(tcp));
  ::close(tcp);
}

TEST(Peer, AccountsHaveNames) {
  EXPECT_EQ(account_name(0), "root");
  EXPECT_EQ(account_name(4'000'000'123U), "");
}

}  // namespace
}  // namespace tocsin::console
