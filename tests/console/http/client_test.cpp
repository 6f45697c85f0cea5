#include "console/http/client.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "console/http/server.hpp"
#include "tests/temporary_folder.hpp"

namespace tocsin::console {
namespace {

using namespace std::chrono_literals;

// Accepts one connection, says `answer`, and closes it after `hold`, or when the peer does.
class OneAnswer {
 public:
  OneAnswer(std::string answer, std::chrono::milliseconds hold)
      : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(descriptor_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(descriptor_, 1), 0);
    getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size);
    endpoint = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this, answer, hold] {
      const int peer = accept(descriptor_, nullptr, nullptr);
      char bytes[4096];
      (void)recv(peer, bytes, sizeof bytes, 0);
      (void)send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
      const timeval most{.tv_sec = hold.count() / 1000, .tv_usec = hold.count() % 1000 * 1000};
      if (hold > 0ms) {
        setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
        (void)recv(peer, bytes, sizeof bytes, 0);
      }
      close(peer);
    });
  }
  ~OneAnswer() {
    thread_.join();
    close(descriptor_);
  }
  std::string endpoint;

 private:
  int descriptor_;
  std::thread thread_;
};

TEST(ClientTest, PostSendsItsBody) {
  Server server({.listen = "127.0.0.1:0"});
  server.route({"POST", "/echo", Reach::everywhere, "", [](const Request& request) {
                  return Response::json(200, "[" + request.body + "]");
                }});
  ASSERT_TRUE(server.start());
  const auto answer =
      http_post("127.0.0.1:" + std::to_string(server.port()), "/echo", std::string(5000, '1'));
  ASSERT_TRUE(answer) << base::to_string(answer.error());
  EXPECT_EQ(answer->body, "[" + std::string(5000, '1') + "]");
  EXPECT_EQ(answer->content_type, "application/json");
}

TEST(ClientTest, NobodyThereIsItsOwnError) {
  EXPECT_EQ(http_get("/nowhere/at.sock", "/").error().code, "console-4");
  EXPECT_EQ(http_get("127.0.0.1:1", "/").error().code, "console-4");
}

TEST(ClientTest, BadEndpointsAndTargets) {
  EXPECT_EQ(http_get("nonsense", "/").error().code, "console-1");
  EXPECT_EQ(http_get("127.0.0.1:1", "no-path").error().code, "console-1");
  EXPECT_EQ(http_get("127.0.0.1:1", "/a b").error().code, "console-1");
  EXPECT_EQ(http_get("/" + std::string(200, 'x'), "/").error().code, "console-1");
}

TEST(ClientTest, PermissionIsItsOwnError) {
  const TemporaryFolder folder;
  ASSERT_EQ(chmod(folder.path().c_str(), 0755), 0);  // the socket is what may not be used
  const std::string path = folder / "control.sock";
  Server server({.listen = "", .socket = path});
  ASSERT_TRUE(server.start());
  ASSERT_EQ(chmod(path.c_str(), 0), 0);
  // Root may connect anywhere, so it asks as somebody else.
  const uid_t user = geteuid();
  if (user == 0) {
    ASSERT_EQ(seteuid(65534), 0);
  }
  const auto answer = http_get(path, "/");
  ASSERT_EQ(seteuid(user), 0);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "console-5");
}

TEST(ClientTest, WhatIsNoWholeAnswerIsAnError) {
  {
    const OneAnswer garbage("SSH-2.0-OpenSSH\r\n\r\n", 0ms);
    EXPECT_EQ(http_get(garbage.endpoint, "/").error().code, "console-6");
  }
  {
    const OneAnswer cut("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345", 0ms);
    EXPECT_EQ(http_get(cut.endpoint, "/").error().code, "console-6");
  }
  {
    const OneAnswer large("HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n", 0ms);
    EXPECT_EQ(http_get(large.endpoint, "/").error().code, "console-6");
  }
}

TEST(ClientTest, SilenceEndsAtTheTimeout) {
  const OneAnswer silent("", 60s);
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(http_get(silent.endpoint, "/", {.timeout = 200ms}).error().code, "console-6");
  EXPECT_LT(std::chrono::steady_clock::now() - began, 30s);
}

}  // namespace
}  // namespace tocsin::console
