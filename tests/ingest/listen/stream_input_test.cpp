#include "ingest/listen/stream_input.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <set>

#include "tests/ingest/listen/live_inputs.hpp"

namespace tocsin::ingest {
namespace {

using event::Anomaly;

class StreamInputTest : public LiveInputs {
 protected:
  [[nodiscard]] Client connect(const char* from = nullptr) {
    Client out = Client::inet(SOCK_STREAM, listeners_.port("tcp"), "127.0.0.1", from);
    EXPECT_TRUE(out.connected());
    return out;
  }
  [[nodiscard]] bool connections(std::uint64_t open) {
    return wait_until([&] { return counters("tcp").connections_open.get() == open; });
  }
  // What happens to a connection that sends this.
  void expect_end(std::string_view bytes, Ended reason) {
    const std::uint64_t before = ended("tcp", reason);
    Client client = connect();
    client.send(bytes);
    EXPECT_TRUE(wait_until([&] { return client.is_closed(); })) << name_of(reason);
    EXPECT_TRUE(wait_until([&] { return ended("tcp", reason) == before + 1; })) << name_of(reason);
  }
};

TEST_F(StreamInputTest, BothFramingsOnOnePort) {
  run({input("tcp", "tcp")});
  Client lines = connect("127.0.0.2");
  Client counted = connect("127.0.0.3");
  ASSERT_TRUE(lines.send("<34>one\n<34>tw"));
  ASSERT_TRUE(counted.send("7 <34>oct10 <34>"));
  ASSERT_TRUE(frames_come(2));
  ASSERT_TRUE(lines.send("o\r\n"));
  ASSERT_TRUE(counted.send("et\nted"));
  ASSERT_TRUE(frames_come(4));
  stop();
  std::set<std::string> of_lines, of_counted;
  for (const KeptFrame& frame : engine_->frames()) {
    EXPECT_TRUE(frame.anomalies.empty());
    const std::string& peer = sources_[frame.source].peer;
    (peer == "127.0.0.2" ? of_lines : of_counted).insert(frame.text);
  }
  EXPECT_EQ(of_lines, (std::set<std::string>{"<34>one", "<34>two"}));
  EXPECT_EQ(of_counted, (std::set<std::string>{"<34>oct", "<34>et\nted"}));
  EXPECT_EQ(ended("tcp", Ended::stopping), 2U);
  expect_conservation("tcp");
}

TEST_F(StreamInputTest, ThousandsOfLinesInOrder) {
  run({input("tcp", "tcp")});
  Client client = connect();
  constexpr std::size_t count = 50'000;
  ASSERT_TRUE(client.send(numbered_lines(count)));
  client.close();
  ASSERT_TRUE(frames_come(count));
  stop();
  std::istringstream in(numbered_lines(count));
  const auto frames = engine_->frames();
  ASSERT_EQ(frames.size(), count);
  std::string line;
  for (const KeptFrame& frame : frames) {
    std::getline(in, line);
    ASSERT_EQ(frame.text, line);
  }
  EXPECT_EQ(ended("tcp", Ended::by_peer), 1U);
  expect_conservation("tcp");
}

TEST_F(StreamInputTest, AFrameCutByTheEndIsMarkedAndMeetsNoOther) {
  run({input("tcp", "tcp")});
  {
    Client client = connect();
    client.send("<34>whole\n<34>cut");
  }
  ASSERT_TRUE(frames_come(2));
  Client next = connect();
  next.send("<34>next\n");
  ASSERT_TRUE(frames_come(3));
  const auto frames = engine_->frames();
  EXPECT_EQ(frames[1].text, "<34>cut");
  EXPECT_TRUE(frames[1].anomalies.has(Anomaly::frame_incomplete));
  EXPECT_EQ(frames[2].text, "<34>next");
  EXPECT_TRUE(frames[2].anomalies.empty());
}

TEST_F(StreamInputTest, WhatIsNoSyslogIsClosedAndCounted) {
  run({input("tcp", "tcp")});
  expect_end(std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc", 9), Ended::tls_on_plain_port);
  expect_end("GET / HTTP/1.1\r\nHost: x\r\n\r\n", Ended::http_request);
  expect_end("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", Ended::proxy_header);
  expect_end("5 <34>a0 <34>b", Ended::bad_octet_count);
  expect_end("5 <34>a99999999 <34>b", Ended::frame_too_long);
  stop();
  expect_conservation("tcp");
  EXPECT_LE(lines().size(), 5U);
}

TEST_F(StreamInputTest, LimitsOfConnections) {
  InputOptions options = input("tcp", "tcp");
  options.max_connections = 3;
  options.max_connections_per_peer = 2;
  run({options});
  Client a = connect("127.0.0.2"), b = connect("127.0.0.2");
  ASSERT_TRUE(connections(2));
  Client third = connect("127.0.0.2");
  EXPECT_TRUE(wait_until([&] { return third.is_closed(); }));
  EXPECT_EQ(ended("tcp", Ended::too_many_of_a_peer), 1U);
  Client other = connect("127.0.0.3");
  ASSERT_TRUE(connections(3));
  Client fourth = connect("127.0.0.4");
  EXPECT_TRUE(wait_until([&] { return fourth.is_closed(); }));
  EXPECT_EQ(ended("tcp", Ended::too_many), 1U);
  // One that leaves makes room.
  a.close();
  ASSERT_TRUE(connections(2));
  Client again = connect("127.0.0.2");
  ASSERT_TRUE(connections(3));
  again.send("x\n");
  EXPECT_TRUE(frames_come(1));
  EXPECT_EQ(counters("tcp").connections_accepted.get(), 6U);
}

// Time is the test's: no load of the machine makes a deadline come early or late.
TEST_F(StreamInputTest, Deadlines) {
  const auto clock = std::make_shared<base::ManualClock>();
  clock_ = clock;
  InputOptions options = input("tcp", "tcp");
  options.frame_timeout = std::chrono::milliseconds(40);
  options.idle_timeout = std::chrono::milliseconds(100);
  run({options});
  Client slow = connect();
  Client idle = connect();
  Client counting = connect();
  slow.send("<34>slowl");
  idle.send("<34>done\n");
  counting.send("12");
  ASSERT_TRUE(wait_until([&] { return counters("tcp").received_bytes.get() == 20; }));
  clock->advance(std::chrono::milliseconds(39));
  slow.send("o");  // a byte now and then does not help
  ASSERT_TRUE(wait_until([&] { return counters("tcp").received_bytes.get() == 21; }));
  EXPECT_FALSE(slow.is_closed());
  clock->advance(std::chrono::milliseconds(1));
  EXPECT_TRUE(wait_until([&] { return slow.is_closed() && counting.is_closed(); }));
  EXPECT_EQ(ended("tcp", Ended::frame_deadline), 2U);
  EXPECT_FALSE(idle.is_closed());
  clock->advance(std::chrono::milliseconds(60));
  EXPECT_TRUE(wait_until([&] { return idle.is_closed(); }));
  EXPECT_EQ(ended("tcp", Ended::idle), 1U);
  stop();
  const auto frames = engine_->frames();
  const auto cut = std::find_if(frames.begin(), frames.end(),
                                [](const KeptFrame& frame) { return frame.text == "<34>slowlo"; });
  ASSERT_NE(cut, frames.end());
  EXPECT_TRUE(cut->anomalies.has(Anomaly::frame_incomplete));
  expect_conservation("tcp");
}

TEST_F(StreamInputTest, AThousandIdleConnectionsHarmNobody) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  if (limit.rlim_cur < 2200) {
    limit.rlim_cur = std::min<rlim_t>(2200, limit.rlim_max);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  }
  ASSERT_GE(limit.rlim_cur, 2200U) << "`ulimit -Hn` allows too few open files";
  run({input("tcp", "tcp")});
  std::vector<Client> idle;
  for (int i = 0; i < 1000; ++i)
    idle.push_back(connect(("127.0.0." + std::to_string(2 + i % 4)).c_str()));
  ASSERT_TRUE(connections(1000));
  Client busy = connect();
  ASSERT_TRUE(busy.send(numbered_lines(10'000)));
  ASSERT_TRUE(frames_come(10'000));
  for (Client& client : idle) ASSERT_TRUE(client.send("late\n"));
  ASSERT_TRUE(frames_come(11'000));
  stop();
  expect_conservation("tcp");
}

// Nobody takes batches: the sender is made to wait by its own kernel, and nothing is lost.
TEST_F(StreamInputTest, BackPressureReachesTheSender) {
  IntakeOptions small;
  small.batches = 2;
  small.batch.text = 16 * 1024;
  run({input("tcp", "tcp")}, small);
  engine_->hold(true);
  constexpr std::size_t count = 150'000;
  const std::string text = numbered_lines(count);
  std::atomic<std::size_t> sent = 0;
  std::thread sender([&, client = connect()]() mutable {
    for (std::size_t at = 0; at < text.size(); at += 4096) {
      const std::string_view piece = std::string_view(text).substr(at, 4096);
      if (!client.send(piece)) return;
      sent += piece.size();
    }
  });
  ASSERT_TRUE(wait_until([&] { return counters("tcp").waits.get() > 0; }));
  // It stands still, far from the end.
  std::size_t before = 0;
  ASSERT_TRUE(wait_until([&] {
    const std::size_t now = sent.load();
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    return std::exchange(before, now) == now && now == sent.load();
  }));
  EXPECT_LT(sent.load(), text.size());
  EXPECT_LE(intake_->queue().depth(), 2U);
  engine_->hold(false);
  sender.join();
  ASSERT_TRUE(frames_come(count));
  stop();
  std::istringstream in(text);
  std::string line;
  for (const KeptFrame& frame : engine_->frames()) {
    std::getline(in, line);
    ASSERT_EQ(frame.text, line);
  }
  EXPECT_EQ(engine_->count(), count);
  expect_conservation("tcp");
}

TEST_F(StreamInputTest, ManyConnectionsUnderBackPressureKeepTheirOrder) {
  IntakeOptions small;
  small.batches = 1;
  small.batch.frames = 10;
  run({input("tcp", "tcp")}, small);
  std::vector<std::thread> senders;
  constexpr int connections = 8, each = 3000;
  for (int c = 0; c < connections; ++c) {
    senders.emplace_back([c, client = connect()]() mutable {
      for (int i = 0; i < each; ++i)
        client.send("c" + std::to_string(c) + " " + std::to_string(i) + "\n");
    });
  }
  for (std::thread& sender : senders) sender.join();
  ASSERT_TRUE(frames_come(connections * each));
  stop();
  std::vector<int> next(connections, 0);
  for (const std::string& text : engine_->texts()) {
    const auto connection = static_cast<std::size_t>(text[1] - '0');
    ASSERT_EQ(text.substr(3), std::to_string(next[connection]++));
  }
  expect_conservation("tcp");
}

TEST_F(StreamInputTest, AStopTakesWhatHasCome) {
  run({input("tcp", "tcp")});
  Client client = connect();
  ASSERT_TRUE(connections(1));
  const std::string text = numbered_lines(5000);
  ASSERT_TRUE(client.send(text));
  ASSERT_TRUE(wait_until([&] { return !client.is_on_the_way(); }));
  stop();
  EXPECT_EQ(counters("tcp").received_bytes.get(), text.size());
  EXPECT_EQ(engine_->count(), 5000U);
  EXPECT_TRUE(wait_until([&] { return client.is_closed(); }));
  expect_conservation("tcp");
}

TEST_F(StreamInputTest, AStopDoesNotWaitForAnEngineThatIsGone) {
  IntakeOptions small;
  small.batches = 1;
  small.batch.frames = 10;
  run({input("tcp", "tcp")}, small);
  engine_->hold(true);
  Client client = connect();
  ASSERT_TRUE(client.send(numbered_lines(100)));
  ASSERT_TRUE(wait_until([&] { return counters("tcp").waits.get() > 0; }));
  listeners_.stop(std::chrono::milliseconds(50));
  EXPECT_FALSE(listeners_.running());
  engine_->join();
  // One batch, and one more when the engine was about to take it as it was held.
  EXPECT_LE(engine_->count(), 20U);
  EXPECT_EQ(engine_->count(), counters("tcp").handed.get());
  // Even then every byte is accounted for.
  EXPECT_GT(counters("tcp").discarded_bytes.get(), 0U);
  EXPECT_EQ(counters("tcp").received_bytes.get(), counters("tcp").frame_bytes.get() +
                                                      counters("tcp").framing_bytes.get() +
                                                      counters("tcp").discarded_bytes.get());
}

TEST_F(StreamInputTest, AUnixStreamKnowsTheUser) {
  const TemporaryFolder folder;
  InputOptions options = input("sock", "unix-stream");
  options.path = {folder / "sock"};
  run({options});
  Client client = Client::unix_socket(SOCK_STREAM, folder / "sock");
  ASSERT_TRUE(client.connected());
  client.send("<34>a\n");
  ASSERT_TRUE(frames_come(1));
  const auto frames = engine_->frames();
  EXPECT_EQ(sources_[frames[0].source].peer, "uid " + std::to_string(::getuid()));
  stop();
  expect_conservation("sock");
}

// Connections beyond the limit of the process are closed, and service goes on after.
TEST_F(StreamInputTest, WithoutDescriptorsConnectionsAreShedNotSpunOn) {
  run({input("tcp", "tcp")});
  const std::uint16_t port = listeners_.port("tcp");
  // Clients live in the child, so that the limit here is used up by accepted connections only.
  rlimit saved{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &saved), 0);
  int to_child[2], to_parent[2];
  ASSERT_EQ(::pipe(to_child), 0);
  ASSERT_EQ(::pipe(to_parent), 0);
  const int highest = ::dup(0);
  ::close(highest);
  const rlimit low{static_cast<rlim_t>(highest) + 40, saved.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::setrlimit(RLIMIT_NOFILE, &saved);
    ::close(to_child[1]);
    std::vector<int> sockets;
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < 120; ++i) {
      const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
      if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) ::_exit(1);
      sockets.push_back(fd);
    }
    char byte = 'x';
    if (::write(to_parent[1], &byte, 1) != 1) ::_exit(1);
    if (::read(to_child[0], &byte, 1) < 0) ::_exit(1);
    ::_exit(0);
  }
  char byte;
  EXPECT_EQ(::read(to_parent[0], &byte, 1), 1);
  EXPECT_TRUE(wait_until([&] { return ended("tcp", Ended::no_descriptor) > 0; }));
  EXPECT_TRUE(wait_until([&] { return counters("tcp").connections_accepted.get() >= 120; }));
  EXPECT_LE(counters("tcp").connections_open.get(), 40U);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &saved), 0);
  ::close(to_child[1]);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  ASSERT_TRUE(connections(0));
  Client client = connect();
  client.send("still here\n");
  EXPECT_TRUE(frames_come(1));
  for (const int fd : {to_child[0], to_parent[0], to_parent[1]}) ::close(fd);
  stop();
  expect_conservation("tcp");
}

}  // namespace
}  // namespace tocsin::ingest
