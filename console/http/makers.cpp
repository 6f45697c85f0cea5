#include "console/http/makers.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <exception>
#include <iterator>
#include <utility>

namespace tocsin::console {

namespace {

constexpr int maker_nice = 10;  // behind everything else

}  // namespace

bool Makers::make(std::function<void(StreamedBody&)> make,
                  const std::shared_ptr<StreamedBody>& body) {
  for (auto maker = makers_.begin(); maker != makers_.end();) {
    const bool done = *maker->done;
    if (done) maker->thread.join();
    maker = done ? makers_.erase(maker) : std::next(maker);
  }
  if (makers_.size() >= most_) return false;
  auto done = std::make_shared<std::atomic<bool>>(false);
  std::thread thread([make = std::move(make), body, done] {
    static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), maker_nice));
    try {
      make(*body);
    } catch (const std::exception&) {
      body->fail();
    }
    body->end();
    *done = true;
  });
  makers_.push_back({std::move(thread), std::move(done)});
  return true;
}

void Makers::join() {
  for (Maker& maker : makers_) maker.thread.join();
  makers_.clear();
}

}  // namespace tocsin::console
