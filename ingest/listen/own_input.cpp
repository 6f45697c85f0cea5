#include "ingest/listen/own_input.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <utility>

namespace tocsin::ingest {

bool OwnEvents::put(std::string record) {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() >= capacity) return false;
  waiting_.push_back(std::move(record));
  if (on_put_) on_put_();
  return true;
}

std::vector<std::string> OwnEvents::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(waiting_, {});
}

void OwnEvents::set_on_put(std::function<void()> on_put) {
  const std::lock_guard lock(mutex_);
  on_put_ = std::move(on_put);
}

namespace {

class OwnInput final : public Input, public Waiter {
 public:
  OwnInput(OwnEvents& events, const InputPlace& place)
      : events_(events),
        place_(place),
        source_(place.sources.intern(event::own_source())),
        counters_(place.intake.counters(event::own_source().input, event::Transport::internal)) {
    place_.intake.count_source(source_, counters_);
  }

  ~OwnInput() override {
    events_.set_on_put({});
    place_.intake.forget(*this);
    counters_.of(Rejected::stopped).add(taken_.size() - next_);
  }

  void start() override {
    events_.set_on_put([this] { boost::asio::post(place_.io, [this] { read(); }); });
    read();
  }

  void drain(std::function<void()> done) override {
    done_ = std::move(done);
    read();
  }

  void on_room() override {
    waits_ = false;
    read();
  }

 private:
  void read() {
    if (waits_ || ended_) return;
    while (true) {
      for (; next_ < taken_.size(); ++next_) {
        IntakeBatch* const batch = place_.intake.open(*this);
        if (batch == nullptr) {
          counters_.waits.add(1);
          waits_ = true;
          return;
        }
        batch->batch.add_frame(taken_[next_], source_, place_.clock.now());
        counters_.frame_bytes.add(taken_[next_].size());
        place_.intake.appended();
      }
      next_ = 0;
      taken_ = events_.take();
      if (taken_.empty()) break;
      counters_.received.add(taken_.size());
      for (const std::string& record : taken_) counters_.received_bytes.add(record.size());
    }
    if (!done_) return;
    ended_ = true;
    std::exchange(done_, {})();
  }

  OwnEvents& events_;
  const InputPlace& place_;
  event::SourceId source_;
  InputCounters& counters_;
  std::vector<std::string> taken_;
  std::size_t next_ = 0;  // of those taken
  bool waits_ = false;    // for room
  bool ended_ = false;
  std::function<void()> done_;
};

}  // namespace

std::unique_ptr<Input> make_own_input(OwnEvents& events, const InputPlace& place) {
  return std::make_unique<OwnInput>(events, place);
}

}  // namespace tocsin::ingest
