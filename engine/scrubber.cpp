#include "engine/scrubber.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "metrics/rows.hpp"
#include "store/database_files.hpp"

namespace tocsin::engine {

namespace row = metrics::row;

namespace {

constexpr base::Nanoseconds between_passes = std::chrono::seconds(10);

}  // namespace

Scrubber::Scrubber(const StorePort& store, std::uint64_t rate, metrics::Registry& registry,
                   const base::Clock& clock, StoppedWithin stopped_within,
                   std::function<void(const std::string&)> say)
    : store_(store),
      rate_(rate),
      clock_(clock),
      stopped_within_(std::move(stopped_within)),
      say_(std::move(say)),
      bytes_(registry.counter(row::scrub_bytes)),
      damaged_(registry.gauge(row::scrub_damaged)),
      passed_(registry.gauge(row::scrub_passed)),
      // A daemon that is started often would else never come to the last files.
      begin_(static_cast<std::size_t>(clock.now().value / base::ns_per_second)) {}

bool Scrubber::pass() {
  std::vector<store::Database::SortedFile> files;
  store_.with([&files](const store::Store& store) { files = store.sorted_files(); });
  std::ranges::sort(files, {}, &store::Database::SortedFile::path);
  if (!files.empty()) {
    const auto first = static_cast<std::ptrdiff_t>(std::exchange(begin_, 0) % files.size());
    std::ranges::rotate(files, files.begin() + first);
  }
  std::size_t damaged = 0;
  for (const store::Database::SortedFile& file : files) {
    const store::FileState state = store::check_file(file, [this](std::size_t bytes) {
      bytes_.add(bytes);
      return wait_for(bytes);
    });
    if (state == store::FileState::not_read) return false;
    if (state != store::FileState::changed && state != store::FileState::unreadable) continue;
    // Known at once; that one is mended, only when all were read.
    known_ = std::max(known_, ++damaged);
    damaged_.set(static_cast<double>(known_));
    const store::FileFault fault = store::fault_of(file, state);
    std::string line = fmt::format("{}: {}", fault.file, fault.what);
    if (fault.first.value != 0)
      line += fmt::format(", with frames {} to {}", fault.first.value, fault.last.value);
    say_(line + "; stop the daemon and run `tocsin store check`");
  }
  known_ = damaged;
  damaged_.set(static_cast<double>(known_));
  passed_.set(std::chrono::duration<double>(std::chrono::nanoseconds(clock_.now().value)).count());
  return !stopped_within_(between_passes);
}

bool Scrubber::wait_for(std::uint64_t bytes) {
  return !stopped_within_(base::Nanoseconds(
      static_cast<std::int64_t>(static_cast<double>(bytes) * 1e9 / static_cast<double>(rate_))));
}

}  // namespace tocsin::engine
