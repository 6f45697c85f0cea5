#include "console/actor.hpp"

#include <gtest/gtest.h>

namespace tocsin::console {
namespace {

TEST(Actor, IsWhomTheSystemNames) {
  Request request;
  request.peer = Peer{.uid = 0, .gid = 0, .pid = 1};
  const event::Actor root{0, account_name(0)};
  EXPECT_EQ(actor_of(request), root);
  EXPECT_EQ(actor_of(request)->user, "root");
  request.peer->uid = 4'000'000'000;
  EXPECT_EQ(actor_of(request), (event::Actor{4'000'000'000, ""})) << "a number without an account";
}

TEST(Actor, IsNobodyWhereItDoesNot) { EXPECT_EQ(actor_of(Request{}), std::nullopt); }

}  // namespace
}  // namespace tocsin::console
