// Takes requests to read the packs again, and answers them one after the other in a thread of its
// own.
// Path:      SIGHUP, tocsin reload -> request() -> one reading -> Reloaded
// Threads:   safe; `once` runs in the reloader's thread
// Errors:    none; what went wrong with a reading stands in its Reloaded
// Tested by: tests/engine/reloader_test.cpp, tests/e2e/reload_test.py
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/time.hpp"
#include "event/life_cycle.hpp"

namespace tocsin::engine {

struct Reloaded {
  bool changed = false;            // something else is in force than before
  base::Errors errors;             // not empty: refused, all is as it was
  std::vector<std::string> notes;  // what takes a restart, what could not be done
  base::ReceivedTime at;           // when it was decided
  std::uint64_t rules = 0;         // in force now
};

// Members of an object that has begun.
void write_json(const Reloaded& reloaded, base::JsonWriter& json);

class Reloader {
 public:
  // Who asks, as far as the system says.
  using Asker = std::optional<event::Actor>;
  // One reading, asked for by these.
  using Once = std::function<Reloaded(const std::vector<Asker>& by)>;

  explicit Reloader(Once once);
  ~Reloader();  // stops
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

  // What is on disk now will be looked at. The number names the request; those that come while a
  // reading is under way are all answered by the next one.
  std::uint64_t request(Asker by = {});
  // The answer: of the first reading that began after the request, or of a later one.
  [[nodiscard]] std::optional<Reloaded> answer(std::uint64_t request) const;
  [[nodiscard]] std::optional<Reloaded> last() const;
  // Lets the reading under way end, begins none.
  void stop();

 private:
  void loop();

  const Once once_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t asked_ = 0;
  std::vector<Asker> askers_;  // of the requests that no reading has begun for
  std::uint64_t answered_ = 0;
  std::optional<Reloaded> last_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tocsin::engine
