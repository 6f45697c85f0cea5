// What the tests of live inputs share: an engine that keeps what it is given, and clients with raw
// sockets. Waiting is for conditions, with limits that only a hang reaches.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "event/ports.hpp"
#include "ingest/listen/intake.hpp"
#include "ingest/listen/listeners.hpp"
#include "tests/ingest/listen/test_files.hpp"

namespace tocsin::ingest {

inline bool wait_until(const std::function<bool()>& condition,
                       std::chrono::seconds limit = std::chrono::seconds(120)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

class MapOffsets final : public event::Offsets {
 public:
  [[nodiscard]] base::Result<std::optional<std::string>> offset(
      std::string_view key) const override {
    const std::lock_guard lock(mutex_);
    const auto known = values_.find(key);
    if (known == values_.end()) return std::nullopt;
    return known->second;
  }
  void put(const event::Offset& offset) {
    const std::lock_guard lock(mutex_);
    values_[offset.key] = offset.value;
  }
  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return values_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> values_;
};

struct KeptFrame {
  std::string text;
  event::SourceId source;
  event::Anomalies anomalies;
};

// Takes batches on its own thread and commits their offsets, unless it is held.
class KeepingEngine {
 public:
  KeepingEngine(Intake& intake, MapOffsets& offsets) : intake_(intake), offsets_(offsets) {}
  ~KeepingEngine() { join(); }

  void run() {
    thread_ = std::thread([this] {
      while (true) {
        if (held_.load()) {
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
          continue;
        }
        IntakeBatch* const batch = intake_.queue().take(std::chrono::milliseconds(50));
        if (batch == nullptr) {
          if (intake_.queue().finished()) return;
          continue;
        }
        keep(*batch);
        intake_.queue().recycle(batch);
      }
    });
  }
  void hold(bool held) { held_.store(held); }
  // After the inputs were stopped.
  void join() {
    held_.store(false);
    if (thread_.joinable()) thread_.join();
  }

  [[nodiscard]] std::size_t count() const {
    const std::lock_guard lock(mutex_);
    return frames_.size();
  }
  [[nodiscard]] std::vector<KeptFrame> frames() const {
    const std::lock_guard lock(mutex_);
    return frames_;
  }
  [[nodiscard]] std::vector<std::string> texts() const {
    std::vector<std::string> out;
    for (const KeptFrame& frame : frames()) out.push_back(frame.text);
    return out;
  }
  [[nodiscard]] std::size_t batches() const { return batches_.load(); }

 private:
  void keep(const IntakeBatch& taken) {
    const std::lock_guard lock(mutex_);
    ++batches_;
    for (std::size_t i = 0; i < taken.batch.frames.size(); ++i) {
      const event::Frame& frame = taken.batch.frames[i];
      frames_.push_back({std::string(taken.batch.raw(i)), frame.source, frame.anomalies});
    }
    for (const event::Offset& offset : taken.offsets) offsets_.put(offset);
  }

  Intake& intake_;
  MapOffsets& offsets_;
  mutable std::mutex mutex_;
  std::vector<KeptFrame> frames_;
  std::atomic<std::size_t> batches_ = 0;
  std::atomic<bool> held_ = false;
  std::thread thread_;
};

// Inputs, their intake and an engine behind it; what a test of a live input needs.
class LiveInputs : public testing::Test {
 protected:
  void run(std::vector<InputOptions> inputs, IntakeOptions options = {}) {
    if (!intake_) {
      intake_ = std::make_unique<Intake>(options, *clock_);
      engine_ = std::make_unique<KeepingEngine>(*intake_, offsets_);
    }
    const base::Errors errors = listeners_.start(
        inputs, *intake_, sources_, offsets_, *clock_,
        [this](const auto& line) {
          const std::lock_guard lock(lines_mutex_);
          lines_.push_back(line);
        },
        own_);
    for (const base::Error& error : errors) ADD_FAILURE() << to_string(error);
    ASSERT_TRUE(errors.empty());
    engine_->run();
  }
  void stop() {
    listeners_.stop(std::chrono::seconds(120));
    engine_->join();
  }
  void TearDown() override {
    if (engine_) stop();
  }
  [[nodiscard]] const InputCounters& counters(const std::string& name) {
    const InputCounters* found = nullptr;
    intake_->for_each_input([&](const InputCounters& one) {
      if (one.name == name) found = &one;
    });
    EXPECT_NE(found, nullptr) << name;
    return *found;
  }
  [[nodiscard]] std::uint64_t ended(const std::string& name, Ended reason) {
    return counters(name).connections_ended[static_cast<std::size_t>(reason)].get();
  }
  [[nodiscard]] bool frames_come(std::size_t count) {
    return wait_until([&] { return engine_->count() >= count; });
  }
  [[nodiscard]] std::vector<std::string> lines() {
    const std::lock_guard lock(lines_mutex_);
    return lines_;
  }
  // received = handed + rejected, and for streams byte for byte.
  void expect_conservation(const std::string& name) {
    const InputCounters& input = counters(name);
    std::uint64_t rejected = 0;
    for (const Count& one : input.rejected) rejected += one.get();
    EXPECT_EQ(input.received.get(), input.handed.get() + rejected) << name;
    if (input.transport == event::Transport::tcp ||
        input.transport == event::Transport::unix_stream) {
      EXPECT_EQ(input.received_bytes.get(),
                input.frame_bytes.get() + input.framing_bytes.get() + input.discarded_bytes.get())
          << name;
      EXPECT_EQ(input.connections_open.get(), 0U) << name;
    }
  }

  std::shared_ptr<base::Clock> clock_ = std::make_shared<base::SystemClock>();
  MapOffsets offsets_;
  event::SourceTable sources_;
  std::mutex lines_mutex_;
  std::vector<std::string> lines_;
  std::unique_ptr<Intake> intake_;
  std::unique_ptr<KeepingEngine> engine_;
  OwnEvents* own_ = nullptr;
  Listeners listeners_;
};

inline InputOptions input(const std::string& name, const std::string& type) {
  InputOptions out;
  out.name = name;
  out.type = type;
  out.port = 0;
  out.receive_buffer = 4 << 20;
  return out;
}

// A blocking client socket.
class Client {
 public:
  static Client inet(int type, std::uint16_t port, const char* address = "127.0.0.1",
                     const char* from = nullptr) {
    const bool v6 = std::strchr(address, ':') != nullptr;
    Client out(::socket(v6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, 0));
    if (from != nullptr) {
      sockaddr_in local{};
      local.sin_family = AF_INET;
      ::inet_pton(AF_INET, from, &local.sin_addr);
      EXPECT_EQ(::bind(out.fd(), reinterpret_cast<sockaddr*>(&local), sizeof local), 0);
    }
    sockaddr_storage to{};
    socklen_t size = 0;
    if (v6) {
      auto& in = reinterpret_cast<sockaddr_in6&>(to);
      in.sin6_family = AF_INET6;
      in.sin6_port = htons(port);
      ::inet_pton(AF_INET6, address, &in.sin6_addr);
      size = sizeof in;
    } else {
      auto& in = reinterpret_cast<sockaddr_in&>(to);
      in.sin_family = AF_INET;
      in.sin_port = htons(port);
      ::inet_pton(AF_INET, address, &in.sin_addr);
      size = sizeof in;
    }
    out.connected_ = ::connect(out.fd(), reinterpret_cast<sockaddr*>(&to), size) == 0;
    return out;
  }
  static Client unix_socket(int type, const std::string& path) {
    Client out(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, path.data(), path.size());
    out.connected_ = ::connect(out.fd(), reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
    return out;
  }

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] bool connected() const { return connected_; }
  void close() { fd_.reset(); }
  // All of it; false when the other side is gone.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  // What was sent and is not in the other side's queue yet.
  [[nodiscard]] bool is_on_the_way() const {
    int bytes = 0;
    EXPECT_EQ(::ioctl(fd(), SIOCOUTQ, &bytes), 0);
    return bytes > 0;
  }
  // The other side closes.
  bool is_closed() {
    char byte;
    const ssize_t got = ::recv(fd(), &byte, 1, MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
  }

 private:
  explicit Client(int fd) : fd_(fd) {}
  Descriptor fd_;
  bool connected_ = false;
};

}  // namespace tocsin::ingest
