#include "console/http/streamed_body.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace tocsin::console {
namespace {

using namespace std::chrono_literals;

TEST(StreamedBody, BytesComeInOrderAndAreToldOf) {
  StreamedBody body;
  int told = 0;
  body.set_on_bytes([&told] { ++told; });
  EXPECT_TRUE(body.write("one "));
  EXPECT_TRUE(body.write("two"));
  EXPECT_EQ(told, 2);
  EXPECT_EQ(body.take(), "one two");
  EXPECT_EQ(body.take(), "");
  EXPECT_FALSE(body.has_ended());
  EXPECT_TRUE(body.write("three"));
  body.end();
  EXPECT_EQ(told, 4);
  EXPECT_FALSE(body.has_ended()) << "something waits";
  EXPECT_EQ(body.take(), "three");
  EXPECT_TRUE(body.has_ended());
  EXPECT_FALSE(body.has_failed());
}

TEST(StreamedBody, WritingWaitsForRoom) {
  StreamedBody body;
  EXPECT_TRUE(body.write(std::string(StreamedBody::most_waiting, 'x')));
  bool written = false;
  std::thread maker([&] { written = body.write("more"); });
  while (body.take().empty()) std::this_thread::yield();
  maker.join();
  EXPECT_TRUE(written);
  EXPECT_EQ(body.take(), "more");
}

TEST(StreamedBody, ClosedItTakesNothingAndLetsNobodyWait) {
  StreamedBody body;
  EXPECT_TRUE(body.write(std::string(StreamedBody::most_waiting, 'x')));
  std::thread writer([&] { EXPECT_FALSE(body.write("more")); });
  StreamedBody idle;
  std::thread waiter([&] { EXPECT_FALSE(idle.wait(1h)); });
  EXPECT_FALSE(body.is_closed());
  body.close();
  idle.close();
  writer.join();
  waiter.join();
  EXPECT_TRUE(body.is_closed());
  EXPECT_FALSE(body.write("x"));
}

TEST(StreamedBody, TimePasses) {
  StreamedBody body;
  EXPECT_TRUE(body.wait(1ms));
}

}  // namespace
}  // namespace tocsin::console
