#include "ingest/listen/datagram_input.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <cstring>
#include <vector>

#include "ingest/frame/datagram.hpp"

namespace tocsin::ingest {

namespace {

namespace asio = boost::asio;

constexpr std::size_t slots = 64;         // datagrams a call
constexpr std::size_t dense_size = 2048;  // most datagrams end within it, so that they lie close
constexpr std::size_t turn = 4096;        // datagrams until other inputs have their turn

// At high rates to wake on every datagram costs twice the processor time of looking every so often.
// The nap is so short that even the default buffer of a socket holds what comes meanwhile.
constexpr std::chrono::milliseconds rate_window{1};
constexpr std::uint64_t busy_rate = 5;  // datagrams in a window from which on it naps
constexpr std::chrono::microseconds long_nap{1000};
constexpr std::uint64_t rush_rate = 50;
constexpr std::chrono::microseconds short_nap{200};

class DatagramInput final : public Input, public Waiter {
 public:
  DatagramInput(const InputOptions& options, OpenSocket socket, const InputPlace& place)
      : options_(options),
        place_(place),
        socket_(std::move(socket)),
        unix_(options.type == "unix-datagram"),
        counters_(place.intake.counters(
            options.name, unix_ ? event::Transport::unix_datagram : event::Transport::udp)),
        peers_(source_of(options, counters_.transport), place.sources, options.max_peers,
               [this](event::SourceId source) { place_.intake.count_source(source, counters_); }),
        descriptor_(place.io),
        timer_(place.io),
        limits_{options.max_frame, options.max_discard},
        slot_size_(std::max(options.max_frame + 1, dense_size)),
        dense_(slots * dense_size),
        overflow_(std::make_unique_for_overwrite<char[]>(slots * (slot_size_ - dense_size))) {
    counters_.receive_buffer.set(socket_.receive_buffer);
    // What was dropped before belongs to somebody else's count.
    last_drops_ = kernel_drops(socket_.fd.get()).value_or(0);
    prepare();
  }

  ~DatagramInput() override {
    place_.intake.forget(*this);
    counters_.of(Rejected::stopped).add(filled_ - next_);
    if (descriptor_.is_open()) descriptor_.release();
  }

  void start() override {
    if (!unix_ && socket_.receive_buffer < options_.receive_buffer) {
      place_.notices.say(options_.name, "receive_buffer",
                         fmt::format("the kernel grants {} bytes of receive buffer, {} were asked; "
                                     "raise net.core.rmem_max",
                                     socket_.receive_buffer, options_.receive_buffer));
    }
    wait();
  }

  void drain(std::function<void()> done) override {
    done_ = std::move(done);
    if (descriptor_.is_open()) descriptor_.release();
    timer_.cancel();
    if (!waiting_for_room_) read();
  }

  void on_room() override {
    waiting_for_room_ = false;
    read();
  }

  void tick() override { look_at_drops(); }
  [[nodiscard]] std::uint16_t port() const override { return socket_.port; }
  [[nodiscard]] std::vector<PeerTable::Seen> peers() const override { return peers_.list(); }

 private:
  struct alignas(cmsghdr) Control {
    std::array<char, CMSG_SPACE(sizeof(std::uint32_t)) + CMSG_SPACE(sizeof(ucred))> bytes;
  };

  void prepare() {
    for (std::size_t i = 0; i < slots; ++i) {
      parts_[2 * i] = {dense_.data() + i * dense_size, dense_size};
      const std::size_t rest = slot_size_ - dense_size;
      parts_[2 * i + 1] = {overflow_.get() + i * rest, rest};
      msghdr& header = messages_[i].msg_hdr;
      header = {};
      header.msg_name = &names_[i];
      header.msg_iov = &parts_[2 * i];
      header.msg_iovlen = rest > 0 ? 2 : 1;
      header.msg_control = controls_[i].bytes.data();
    }
  }

  void wait() {
    boost::system::error_code error;
    if (!descriptor_.is_open()) descriptor_.assign(socket_.fd.get(), error);
    if (error) {
      // The kernel will not tell of datagrams: then we look.
      counters_.read_errors.add(1);
      sleep(std::chrono::milliseconds(100));
      return;
    }
    descriptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                           [this](const boost::system::error_code& failed) {
                             if (!failed) read();
                           });
  }

  // The kernel is not asked to tell of datagrams meanwhile: each one would wake us all the same.
  void sleep(std::chrono::nanoseconds time) {
    if (descriptor_.is_open()) descriptor_.release();
    timer_.expires_after(time);
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error) read();
    });
  }

  void read() {
    if (finished_) return;
    std::size_t taken = 0;
    if (!append()) return;  // what was received before there was no room
    while (true) {
      if (taken >= turn) {
        // At a stop what keeps coming is left to the kernel: the next process may read it there.
        if (done_) break;
        asio::post(place_.io, [this] {
          if (!done_) read();
        });
        return;
      }
      if (place_.intake.open(*this) == nullptr) {
        pause();
        return;
      }
      const int got = receive();
      if (got <= 0) break;
      taken += static_cast<std::size_t>(got);
      if (!append()) return;
      if (static_cast<std::size_t>(got) < slots) break;
    }
    if (done_) {
      look_at_drops();
      finish();
    } else if (failed_) {
      failed_ = false;
      sleep(std::chrono::milliseconds(100));
    } else if (const auto nap = nap_after(taken); nap.count() > 0) {
      sleep(nap);
    } else {
      wait();
    }
  }

  void finish() {
    finished_ = true;
    const auto done = std::exchange(done_, {});
    done();
  }

  void pause() {
    waiting_for_room_ = true;
    if (descriptor_.is_open()) descriptor_.release();
    counters_.waits.add(1);
  }

  // How long to stay away, because so many come that waiting for each costs more; 0: do not.
  std::chrono::microseconds nap_after(std::size_t taken) {
    const auto now = place_.clock.monotonic();
    in_window_ += taken;
    const std::chrono::nanoseconds passed = now - window_begin_;
    if (passed >= rate_window) {
      const std::uint64_t rate =
          in_window_ * static_cast<std::uint64_t>(std::chrono::nanoseconds(rate_window).count()) /
          static_cast<std::uint64_t>(passed.count());
      nap_ = rate < busy_rate   ? std::chrono::microseconds(0)
             : rate < rush_rate ? long_nap
                                : short_nap;
      in_window_ = 0;
      window_begin_ = now;
    }
    return nap_;
  }

  int receive() {
    for (auto& message : messages_) {
      message.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
      message.msg_hdr.msg_controllen = sizeof(Control);
    }
    const int got = ::recvmmsg(socket_.fd.get(), messages_.data(), slots, MSG_DONTWAIT, nullptr);
    if (got < 0) {
      if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        failed_ = true;
        counters_.read_errors.add(1);
        place_.notices.say(options_.name, "read",
                           fmt::format("cannot receive: {}", base::system_text(errno)));
      }
      return got;
    }
    counters_.received.add(static_cast<std::uint64_t>(got));
    std::uint64_t bytes = 0;
    for (int i = 0; i < got; ++i) bytes += messages_[static_cast<std::size_t>(i)].msg_len;
    counters_.received_bytes.add(bytes);
    received_ = place_.clock.now();
    next_ = 0;
    filled_ = static_cast<std::size_t>(got);
    return got;
  }

  // Puts what was received into batches; false when it must wait for one.
  bool append() {
    while (next_ < filled_) {
      IntakeBatch* const batch = place_.intake.open(*this);
      if (batch == nullptr) {
        pause();
        return false;
      }
      append_one(batch->batch, next_++);
      place_.intake.appended();
    }
    return true;
  }

  void append_one(event::Batch& batch, std::size_t slot) {
    const mmsghdr& message = messages_[slot];
    const std::size_t size = message.msg_len;
    Peer& peer = look_at_control(message.msg_hdr, slot);
    peer.frames.add(1);
    peer.bytes.add(size);
    const char* const dense = dense_.data() + slot * dense_size;
    std::string_view bytes(dense, std::min(size, dense_size));
    if (size > dense_size) {
      whole_.assign(bytes);
      whole_.append(overflow_.get() + slot * (slot_size_ - dense_size), size - dense_size);
      bytes = whole_;
    }
    const bool cut = (message.msg_hdr.msg_flags & MSG_TRUNC) != 0;
    const std::size_t before = batch.text_size();
    if (!add_datagram(bytes, cut, batch, peer.source, received_, limits_)) {
      counters_.of(Rejected::empty_datagram).add(1);
      return;
    }
    counters_.frame_bytes.add(batch.text_size() - before - 1);
    if (batch.frames.back().anomalies.has(event::Anomaly::frame_truncated))
      counters_.truncated.add(1);
  }

  Peer& look_at_control(const msghdr& header, std::size_t slot) {
    Peer* peer = nullptr;
    // CMSG_NXTHDR wants a pointer to what is not const.
    auto* changeable = const_cast<msghdr*>(&header);
    for (cmsghdr* control = CMSG_FIRSTHDR(changeable); control != nullptr;
         control = CMSG_NXTHDR(changeable, control)) {
      if (control->cmsg_level != SOL_SOCKET) continue;
      if (control->cmsg_type == SO_RXQ_OVFL) {
        std::uint32_t drops = 0;
        std::memcpy(&drops, CMSG_DATA(control), sizeof drops);
        count_drops(drops);
      } else if (control->cmsg_type == SCM_CREDENTIALS) {
        ucred who{};
        std::memcpy(&who, CMSG_DATA(control), sizeof who);
        peer = &find_user(who.uid);
      }
    }
    if (peer != nullptr) return *peer;
    return unix_ ? peers_.find("", false) : peers_.find(names_[slot]);
  }

  // By the user alone: process numbers are without end.
  Peer& find_user(uid_t user) {
    if (last_user_ == nullptr || last_uid_ != user) {
      last_user_ = &peers_.find(fmt::format("uid {}", user), user == 0);
      last_uid_ = user;
    }
    return *last_user_;
  }

  // The kernel counts in 32 bits and may run over. A value from before the last one seen is old.
  void count_drops(std::uint32_t drops) {
    const std::uint32_t more = drops - last_drops_;
    if (more == 0 || more > 0x7fffffffU) return;
    last_drops_ = drops;
    counters_.kernel_drops.add(more);
    place_.notices.say(
        options_.name, "drops",
        fmt::format("the kernel dropped {} datagrams, the receive buffer was full", more));
  }

  void look_at_drops() {
    if (const auto drops = kernel_drops(socket_.fd.get())) count_drops(*drops);
  }

  const InputOptions options_;
  const InputPlace place_;
  OpenSocket socket_;
  const bool unix_;
  InputCounters& counters_;
  PeerTable peers_;
  asio::posix::stream_descriptor descriptor_;
  asio::steady_timer timer_;
  std::function<void()> done_;
  bool waiting_for_room_ = false;
  bool failed_ = false;
  bool finished_ = false;

  const FrameLimits limits_;
  const std::size_t slot_size_;
  std::vector<char> dense_;
  std::unique_ptr<char[]> overflow_;  // hardly ever touched
  std::array<mmsghdr, slots> messages_;
  std::array<iovec, 2 * slots> parts_;
  std::array<sockaddr_storage, slots> names_;
  std::array<Control, slots> controls_;
  std::size_t next_ = 0;    // messages from here
  std::size_t filled_ = 0;  // to here are not yet in a batch
  base::ReceivedTime received_;
  std::string whole_;

  std::uint32_t last_drops_ = 0;
  Peer* last_user_ = nullptr;
  uid_t last_uid_ = 0;
  std::chrono::nanoseconds window_begin_{};
  std::uint64_t in_window_ = 0;
  std::chrono::microseconds nap_{0};
};

}  // namespace

std::unique_ptr<Input> make_datagram_input(const InputOptions& options, OpenSocket socket,
                                           const InputPlace& place) {
  return std::make_unique<DatagramInput>(options, std::move(socket), place);
}

}  // namespace tocsin::ingest
