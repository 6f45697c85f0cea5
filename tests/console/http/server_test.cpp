#include "console/http/server.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>

#include "console/http/client.hpp"
#include "metrics/rows.hpp"
#include "tests/temporary_folder.hpp"

namespace tocsin::console {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

// A plain socket, so that the test says byte by byte what goes over it.
class Peer {
 public:
  explicit Peer(std::uint16_t port) : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~Peer() { close(descriptor_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  void say(std::string_view text) const {
    (void)send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL);
  }
  // Everything until the server closes; "<timeout>" at the end when it does not.
  std::string hear(std::chrono::milliseconds limit = 30s) const {
    std::string all;
    const auto deadline = Steady::now() + limit;
    while (true) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Steady::now()).count();
      pollfd watched{descriptor_, POLLIN, 0};
      if (left <= 0 || poll(&watched, 1, static_cast<int>(left)) <= 0) return all + "<timeout>";
      char bytes[4096];
      const ssize_t n = recv(descriptor_, bytes, sizeof bytes, 0);
      if (n <= 0) return all;
      all.append(bytes, static_cast<std::size_t>(n));
    }
  }
  // Everything until `text` has come.
  std::string hear_until(std::string_view text) const {
    std::string all;
    char byte = 0;
    while (all.find(text) == std::string::npos && recv(descriptor_, &byte, 1, 0) == 1) all += byte;
    return all;
  }

 private:
  int descriptor_;
  bool connected_ = false;
};

class ServerTest : public testing::Test {
 protected:
  const TemporaryFolder folder;
  ConsoleOptions options{.listen = "127.0.0.1:0",
                         .socket = folder / "control.sock",
                         .max_header = 1024,
                         .max_body = 1000,
                         .request_timeout = 300ms,
                         .idle_timeout = 600ms};
  metrics::Registry registry{metrics::all_rows};
  std::unique_ptr<Server> server;

  void start() {
    server = std::make_unique<Server>(options, &registry);
    server->route({"GET", "/hello", Reach::everywhere, "", [](const Request& request) {
                     return Response::text(
                         200, "hello " + std::string(request.parameter("who").value_or("all")));
                   }});
    server->route({"POST", "/echo", Reach::everywhere, "",
                   [](const Request& request) { return Response::text(201, request.body); }});
    server->route({"GET", "/secret", Reach::control_socket, "",
                   [](const Request&) { return Response::text(200, "told"); }});
    server->route({"GET", "/throws", Reach::everywhere, "",
                   [](const Request&) -> Response { throw std::runtime_error("inside"); }});
    server->route({"GET", "/large", Reach::everywhere, "",
                   [](const Request&) { return Response::text(200, std::string(32 << 20, 'x')); }});
    const auto started = server->start();
    ASSERT_TRUE(started) << base::to_string(started.error());
  }
  std::string ask(std::string_view text) const {
    const Peer peer(server->port());
    peer.say(text);
    return peer.hear();
  }
  static std::string status_of(const std::string& answer) { return answer.substr(0, 12); }
  std::uint64_t closed(std::string_view reason) {
    return registry.counter(metrics::row::http_closed, {reason}).value();
  }
};

TEST_F(ServerTest, AnswersWithLengthAndSecurityHeaders) {
  start();
  const std::string answer =
      ask("GET /hello?who=a%20b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  for (const char* header :
       {"Content-Type: text/plain; charset=utf-8\r\n", "Content-Length: 9\r\n",
        "X-Content-Type-Options: nosniff\r\n", "X-Frame-Options: DENY\r\n",
        "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n",
        "Referrer-Policy: no-referrer\r\n", "Cache-Control: no-store\r\n", "Connection: close\r\n"})
    EXPECT_NE(answer.find(header), std::string::npos) << header << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\nhello a b"));
}

TEST_F(ServerTest, HeadHasTheHeadersAndNoBody) {
  start();
  const std::string answer = ask("HEAD /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(status_of(answer), "HTTP/1.1 200");
  EXPECT_NE(answer.find("Content-Length: 9\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(ServerTest, ConnectionsServeManyRequestsAlsoPipelined) {
  start();
  const Peer peer(server->port());
  for (int i = 0; i < 3; ++i) {
    peer.say(
        "GET /hello?who=1 HTTP/1.1\r\nHost: x\r\n\r\nGET /hello?who=2 HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(peer.hear_until("hello 1").ends_with("hello 1"));
    EXPECT_TRUE(peer.hear_until("hello 2").ends_with("hello 2"));
  }
  EXPECT_EQ(registry.counter(metrics::row::http_requests, {"/hello", "200"}).value(), 6U);
}

TEST_F(ServerTest, EverySplitOfARequestIsTheSame) {
  start();
  const std::string text =
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: "
      "close\r\n\r\nabc";
  for (std::size_t i = 1; i < text.size(); i += 7) {
    const Peer peer(server->port());
    peer.say(std::string_view(text).substr(0, i));
    std::this_thread::sleep_for(1ms);
    peer.say(std::string_view(text).substr(i));
    const std::string answer = peer.hear();
    EXPECT_EQ(status_of(answer), "HTTP/1.1 201") << i;
    EXPECT_TRUE(answer.ends_with("\r\n\r\nabc")) << i;
  }
}

TEST_F(ServerTest, RefusesWithTheRightStatus) {
  start();
  const struct {
    std::string request;
    std::string_view status;
  } cases[] = {
      {"GET /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "404"},
      {"POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "405"},
      {"GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "405"},
      {"BREW /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "405"},
      {"GET /hello HTTP/1.1\r\nConnection: close\r\n\r\n", "400"},
      {"GET /hello HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "400"},
      {"GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n", "400"},
      {"GET http://x/hello HTTP/1.1\r\nHost: x\r\n\r\n", "400"},
      {"GET\r\n\r\n", "400"},
      {"\x16\x03\x01\x02\x00 hello there\r\n\r\n", "400"},
      {"GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400"},
      {"GET /hello HTTP/1.1\r\nHost x\r\n\r\n", "400"},
      {"GET /hello HTTP/3.7\r\nHost: x\r\n\r\n", "505"},
      {"GET /hello HTTP/1.1\r\nHost: x\r\nX: " + std::string(2000, 'x') + "\r\n\r\n", "431"},
      {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n", "413"},
      {"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n500\r\n" +
           std::string(0x500, 'x') + "\r\n0\r\n\r\n",
       "413"},
      {"GET /throws HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "500"},
  };
  for (const auto& each : cases) {
    const std::string answer = ask(each.request);
    EXPECT_EQ(status_of(answer), "HTTP/1.1 " + std::string(each.status)) << each.request;
    EXPECT_EQ(answer.find("<timeout>"), std::string::npos) << each.request;
    EXPECT_NE(answer.find("X-Content-Type-Options: nosniff\r\n"), std::string::npos);
  }
  EXPECT_NE(ask(cases[1].request).find("Allow: GET, HEAD\r\n"), std::string::npos);
  EXPECT_EQ(ask(cases[16].request).find("inside"), std::string::npos);
}

TEST_F(ServerTest, ContinuesWhenAskedTo) {
  start();
  const Peer peer(server->port());
  peer.say(
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n"
      "Connection: close\r\n\r\n");
  EXPECT_EQ(peer.hear_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  peer.say("hi");
  EXPECT_TRUE(peer.hear().ends_with("\r\n\r\nhi"));
}

TEST_F(ServerTest, SlowRequestsEndAtTheirDeadline) {
  start();
  const Peer peer(server->port());
  const auto began = Steady::now();
  std::atomic<bool> ended = false;
  std::thread drip([&] {
    peer.say("GET /hello HTTP/1.1\r\nHost: ");
    while (!ended) {
      peer.say("x");
      std::this_thread::sleep_for(50ms);
    }
  });
  EXPECT_EQ(peer.hear(), "");
  EXPECT_LT(Steady::now() - began, 30s) << "each byte must not lengthen the time";
  ended = true;
  drip.join();
  EXPECT_EQ(closed("timeout"), 1U);
}

TEST_F(ServerTest, APeerThatDoesNotReadEndsAtItsDeadline) {
  start();
  const Peer peer(server->port());
  peer.say("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto began = Steady::now();
  while (closed("timeout") == 0 && Steady::now() - began < 60s) std::this_thread::sleep_for(5ms);
  EXPECT_EQ(closed("timeout"), 1U);
  EXPECT_EQ(status_of(ask("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")),
            "HTTP/1.1 200");
}

TEST_F(ServerTest, SilentPeersCannotKeepOthersOut) {
  options.max_connections = 4;
  options.request_timeout = 10s;
  start();
  std::vector<std::unique_ptr<Peer>> silent;
  for (int i = 0; i < 20; ++i) {
    silent.push_back(std::make_unique<Peer>(server->port()));
    silent.back()->say("GET /hel");
  }
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(status_of(ask("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")),
              "HTTP/1.1 200");
  EXPECT_EQ(silent.front()->hear(1s), "") << "the oldest one was closed";
  EXPECT_GE(closed("evicted"), 17U);
  EXPECT_LE(registry.gauge(metrics::row::http_connections).value(), 5);
}

TEST_F(ServerTest, IdleConnectionsEnd) {
  start();
  const Peer peer(server->port());
  peer.say("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  (void)peer.hear_until("hello all");
  EXPECT_EQ(peer.hear(2s), "");
}

TEST_F(ServerTest, ControlSocketReachesMoreThanTcp) {
  start();
  const auto told = http_get(options.socket, "/secret");
  ASSERT_TRUE(told) << base::to_string(told.error());
  EXPECT_EQ(told->body, "told");
  const std::string port = "127.0.0.1:" + std::to_string(server->port());
  EXPECT_EQ(http_get(port, "/secret")->status, 404U);
  EXPECT_EQ(http_get(options.socket, "/hello")->status, 200U);
}

TEST_F(ServerTest, SocketFileHasItsModeAndGoesWithTheServer) {
  const mode_t before = umask(0);
  start();
  umask(before);
  struct stat status{};
  ASSERT_EQ(lstat(options.socket.c_str(), &status), 0);
  EXPECT_TRUE(S_ISSOCK(status.st_mode));
  EXPECT_EQ(status.st_mode & 07777U, 0660U);
  server->stop();
  EXPECT_NE(lstat(options.socket.c_str(), &status), 0);
}

TEST_F(ServerTest, StaleSocketIsReplacedALiveOneIsNot) {
  {
    const int stale = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    options.socket.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(bind(stale, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    close(stale);
  }
  start();
  Server second(options);
  const auto refused = second.start();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "console-3");
  EXPECT_NE(refused.error().sentence.find("another daemon"), std::string::npos);
  EXPECT_EQ(http_get(options.socket, "/secret")->body, "told") << "the first one lives on";
}

TEST_F(ServerTest, WhatIsNoSocketIsNotRemoved) {
  std::ofstream(options.socket) << "precious";
  Server other(options);
  const auto refused = other.start();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "console-3");
  std::string text;
  std::ifstream(options.socket) >> text;
  EXPECT_EQ(text, "precious");
  unlink(options.socket.c_str());
}

TEST_F(ServerTest, WhatCannotListenIsAnError) {
  start();
  ConsoleOptions same;
  same.listen = "127.0.0.1:" + std::to_string(server->port());
  EXPECT_EQ(Server(same).start().error().code, "console-2");
  same.listen = "nonsense";
  EXPECT_EQ(Server(same).start().error().code, "console-1");
  same.listen = "";
  same.socket = "/" + std::string(200, 'x');
  EXPECT_EQ(Server(same).start().error().code, "console-3");
}

TEST_F(ServerTest, StopEndsIdleConnectionsAtOnceAndLetsAnswersBeTaken) {
  options.request_timeout = 20s;
  start();
  const Peer silent(server->port());
  silent.say("GET /he");
  const Peer reader(server->port());
  reader.say("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  (void)reader.hear_until("\r\n\r\n");
  std::string rest;
  std::thread stopper([&] { server->stop(60s); });
  rest = reader.hear();
  stopper.join();
  EXPECT_EQ(rest.size(), std::size_t{32} << 20U);
  EXPECT_EQ(silent.hear(1s), "");
  EXPECT_FALSE(Peer(server->port()).connected());
}

TEST_F(ServerTest, StopDoesNotWaitForeverForAPeerThatDoesNotRead) {
  options.request_timeout = 60s;
  start();
  const Peer peer(server->port());
  peer.say("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  (void)peer.hear_until("\r\n\r\n");
  const auto began = Steady::now();
  server->stop();
  EXPECT_LT(Steady::now() - began, 30s);
}

TEST_F(ServerTest, ManyPeersAtOnce) {
  start();
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        const auto answer = http_get(
            i % 2 == 0 ? options.socket : "127.0.0.1:" + std::to_string(server->port()), "/hello");
        if (answer && answer->status == 200) ++good;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 400);
  server->stop();
  EXPECT_EQ(registry.gauge(metrics::row::http_connections).value(), 0);
}

// ---- answers that are written while they are made

class StreamTest : public ServerTest {
 protected:
  // /stream is made by `make`.
  void start_stream(std::function<void(StreamedBody&)> make) {
    server = std::make_unique<Server>(options, &registry);
    server->route(
        {"GET", "/stream", Reach::everywhere, "", [make = std::move(make)](const Request&) {
           return Response::streamed("text/plain", make);
         }});
    ASSERT_TRUE(server->start());
  }
  bool ends(std::string_view reason, std::uint64_t count = 1) {
    const auto deadline = Steady::now() + 30s;
    while (registry.counter(metrics::row::http_streams_ended, {reason}).value() < count) {
      if (Steady::now() > deadline) return false;
      std::this_thread::sleep_for(1ms);
    }
    return true;
  }
  static constexpr std::string_view question = "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n";
};

TEST_F(StreamTest, ComesInChunksAsItIsMade) {
  start_stream([](StreamedBody& body) {
    body.write("first\n");
    body.wait(50ms);
    body.write("second\n");
  });
  const Peer peer(server->port());
  peer.say(question);
  const std::string begin = peer.hear_until("first\n");
  EXPECT_NE(begin.find("Transfer-Encoding: chunked\r\n"), std::string::npos) << begin;
  EXPECT_NE(begin.find("X-Content-Type-Options: nosniff\r\n"), std::string::npos);
  EXPECT_EQ(begin.find("second"), std::string::npos);
  EXPECT_TRUE(peer.hear().ends_with("7\r\nsecond\n\r\n0\r\n\r\n"));
  EXPECT_TRUE(ends("whole"));
  EXPECT_EQ(registry.gauge(metrics::row::http_streams).value(), 0);
}

TEST_F(StreamTest, AnOldPeerGetsThePlainBytes) {
  start_stream([](StreamedBody& body) { body.write("all"); });
  const std::string answer = ask("GET /stream HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(answer.ends_with("\r\n\r\nall")) << answer;
  EXPECT_EQ(answer.find("chunked"), std::string::npos);
}

TEST_F(StreamTest, WhatFailedIsCutSoThatThePeerKnows) {
  for (const bool throws : {false, true}) {
    start_stream([throws](StreamedBody& body) {
      body.write("some");
      if (throws) throw std::runtime_error("inside");
      body.fail();
    });
    const std::string answer = ask(question);
    EXPECT_NE(answer.find("some"), std::string::npos);
    EXPECT_FALSE(answer.ends_with("0\r\n\r\n")) << answer;
  }
  EXPECT_TRUE(ends("failed", 2));
}

TEST_F(StreamTest, APeerThatGoesEndsTheWork) {
  std::atomic<bool> told = false;
  start_stream([&told](StreamedBody& body) {
    body.write("x");
    told = !body.wait(1h);
  });
  {
    const Peer peer(server->port());
    peer.say(question);
    EXPECT_NE(peer.hear_until("x"), "");
  }
  EXPECT_TRUE(ends("peer"));
  server->stop();
  EXPECT_TRUE(told);
}

TEST_F(StreamTest, APeerThatTakesNothingIsLetGoAndHoldsUpNobody) {
  start_stream([](StreamedBody& body) {
    const std::string much(64 << 10, 'x');
    while (body.write(much)) continue;
  });
  const Peer stuck(server->port());
  stuck.say(question);
  EXPECT_EQ(status_of(ask("GET /other HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")),
            "HTTP/1.1 404");
  EXPECT_TRUE(ends("timeout"));
}

TEST_F(StreamTest, AsManyAsMayBeThenOneIsRefusedUntilAnotherEnds) {
  options.max_streams = 1;
  start_stream([](StreamedBody& body) {
    body.write("x");
    body.wait(1h);
  });
  {
    const Peer peer(server->port());
    peer.say(question);
    EXPECT_NE(peer.hear_until("x"), "");
    const std::string refused = ask("GET /stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(status_of(refused), "HTTP/1.1 503");
    EXPECT_NE(refused.find("Retry-After: 1\r\n"), std::string::npos);
    EXPECT_TRUE(ends("refused"));
  }
  EXPECT_TRUE(ends("peer"));
  const auto deadline = Steady::now() + 30s;
  std::string status;
  while (status != "HTTP/1.1 200" && Steady::now() < deadline) {
    const Peer peer(server->port());
    peer.say(question);
    status = status_of(peer.hear_until("\r\n"));
  }
  EXPECT_EQ(status, "HTTP/1.1 200");
}

TEST_F(StreamTest, AStopWaitsForNoStream) {
  start_stream([](StreamedBody& body) {
    body.write("x");
    body.wait(1h);
  });
  const Peer peer(server->port());
  peer.say(question);
  EXPECT_NE(peer.hear_until("x"), "");
  const auto begin = Steady::now();
  server->stop(60s);
  EXPECT_LT(Steady::now() - begin, 30s);
  EXPECT_TRUE(ends("stopped"));
}

}  // namespace
}  // namespace tocsin::console
