// Syslog receivers on loopback for tests: they keep what they are sent, sleep, or reset.
// Threads:   one of their own
// Tested by: tests/respond/syslog_sink_test.cpp
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tocsin::respond {

enum class Behaviour { read, sleep, reset };

class Receiver {
 public:
  explicit Receiver(int type, Behaviour behaviour = Behaviour::read, std::uint16_t port = 0)
      : behaviour_(behaviour), type_(type), descriptor_(socket(AF_INET, type | SOCK_CLOEXEC, 0)) {
    const int yes = 1;
    setsockopt(descriptor_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(descriptor_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_TRUE(type != SOCK_STREAM || listen(descriptor_, 8) == 0);
    getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~Receiver() {
    stop_ = true;
    thread_.join();
    close(descriptor_);
  }
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  // Datagrams, or octet-counted messages, as they came.
  [[nodiscard]] std::vector<std::string> messages() const {
    const std::lock_guard lock(mutex_);
    return messages_;
  }
  // Waits until there are `count` of them.
  std::vector<std::string> wait_for(std::size_t count) const {
    for (int i = 0; i < 500 && messages().size() < count; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return messages();
  }

 private:
  void run() {
    while (!stop_) {
      if (!readable(descriptor_)) continue;
      if (type_ == SOCK_DGRAM) {
        std::string bytes(70'000, '\0');
        const ssize_t n = recv(descriptor_, bytes.data(), bytes.size(), 0);
        if (n >= 0) keep(bytes.substr(0, static_cast<std::size_t>(n)));
        continue;
      }
      const int peer = accept(descriptor_, nullptr, nullptr);
      if (peer >= 0) serve(peer);
    }
  }
  void serve(int peer) {
    if (behaviour_ == Behaviour::reset) {
      const linger now{1, 0};
      setsockopt(peer, SOL_SOCKET, SO_LINGER, &now, sizeof now);
      close(peer);
      return;
    }
    std::string buffer;
    while (!stop_) {
      if (behaviour_ == Behaviour::sleep) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        continue;
      }
      if (!readable(peer)) continue;
      char bytes[65536];
      const ssize_t n = recv(peer, bytes, sizeof bytes, 0);
      if (n <= 0) break;
      buffer.append(bytes, static_cast<std::size_t>(n));
      cut(buffer);
    }
    EXPECT_TRUE(buffer.empty() || stop_) << "a torn message: " << buffer.substr(0, 100);
    close(peer);
  }
  void cut(std::string& buffer) {
    while (true) {
      const std::size_t blank = buffer.find(' ');
      if (blank == std::string::npos) return;
      const std::size_t length = std::strtoul(buffer.c_str(), nullptr, 10);
      if (buffer.size() < blank + 1 + length) return;
      keep(buffer.substr(blank + 1, length));
      buffer.erase(0, blank + 1 + length);
    }
  }
  void keep(std::string message) {
    const std::lock_guard lock(mutex_);
    messages_.push_back(std::move(message));
  }
  static bool readable(int descriptor) {
    pollfd watched{descriptor, POLLIN, 0};
    return poll(&watched, 1, 10) > 0;
  }

  const Behaviour behaviour_;
  const int type_;
  const int descriptor_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stop_ = false;
  mutable std::mutex mutex_;
  std::vector<std::string> messages_;
  std::thread thread_;
};

}  // namespace tocsin::respond
