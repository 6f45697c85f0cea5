#include "ingest/listen/follow_input.hpp"

#include <fmt/format.h>
#include <glob.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>

#include "base/text.hpp"
#include "ingest/listen/followed_file.hpp"

namespace tocsin::ingest {

std::string follow_key(const std::string& path) { return "follow:" + path; }

namespace {

namespace asio = boost::asio;

constexpr std::size_t max_files = 1000;
constexpr std::size_t batches_a_turn = 4;
// New names are looked for so much more seldom than new bytes.
constexpr std::uint64_t polls_a_search = 4;

std::vector<std::string> paths_of(const std::string& pattern) {
  if (pattern.find_first_of("*?[") == std::string::npos) return {pattern};
  glob_t found{};
  std::vector<std::string> out;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i) out.emplace_back(found.gl_pathv[i]);
  }
  ::globfree(&found);
  return out;
}

class FollowInput final : public Input, public Waiter {
 public:
  FollowInput(const InputOptions& options, const InputPlace& place)
      : options_(options),
        place_(place),
        counters_(place.intake.counters(options.name, event::Transport::file)),
        timer_(place.io) {
    settings_.max_frame = options.max_frame;
    settings_.batch = place.intake.options().batch;
    settings_.line_timeout = options.line_timeout;
  }

  ~FollowInput() override { place_.intake.forget(*this); }

  void start() override {
    search(true);
    poll();
  }

  // Positions are exact: what is not read now is read after the next start.
  void drain(std::function<void()> done) override {
    stopped_ = true;
    timer_.cancel();
    done();
  }

  void on_room() override {
    waiting_ = false;
    if (!stopped_) go_on();
  }

 private:
  struct Followed {
    FollowedFile file;
    event::SourceId source;
    bool by_pattern;
  };

  void search(bool at_start) {
    for (const std::string& pattern : options_.path) {
      const std::vector<std::string> paths = paths_of(pattern);
      for (const std::string& path : paths) {
        if (files_.contains(path)) continue;
        if (files_.size() >= max_files) {
          place_.notices.say(options_.name, "files",
                             fmt::format("more than {} files; {} is not followed", max_files,
                                         base::printable(path)));
          return;
        }
        add(path, at_start, paths.size() != 1 || path != pattern);
      }
    }
  }

  void add(const std::string& path, bool at_start, bool by_pattern) {
    event::Source source = source_of(options_, event::Transport::file);
    source.peer = path;
    const event::SourceId id = place_.sources.intern(source);
    place_.intake.count_source(id, counters_);
    Followed& added =
        files_.emplace(path, Followed{FollowedFile(path, settings_), id, by_pattern}).first->second;
    auto committed = place_.offsets.offset(follow_key(path));
    if (!committed) {
      place_.notices.say(
          options_.name, "offset",
          fmt::format("the position in {} cannot be read: {}", path, to_string(committed.error())));
    } else if (committed->has_value()) {
      tell(added.file.resume(**committed));
    } else if (at_start && !options_.from_begin) {
      added.file.skip_to_end();
    }
  }

  void tell(const FollowedFile::Events& events) {
    counters_.gaps.add(events.gaps);
    for (const std::string& notice : events.notices)
      place_.notices.say(options_.name, "file", base::printable(notice));
  }

  void poll() {
    if (++polls_ % polls_a_search == 0) search(false);
    const auto now = place_.clock.monotonic();
    for (auto it = files_.begin(); it != files_.end();) {
      tell(it->second.file.look(now));
      it = it->second.by_pattern && it->second.file.empty() ? files_.erase(it) : std::next(it);
    }
    next_ = files_.begin();
    go_on();
  }

  // Reads from where the last turn ended until every file is read to its end.
  void go_on() {
    std::size_t batches = 0;
    while (next_ != files_.end()) {
      if (batches++ == batches_a_turn) {
        asio::post(place_.io, [this] {
          if (!stopped_ && !waiting_) go_on();
        });
        return;
      }
      IntakeBatch* const batch = place_.intake.open(*this);
      if (batch == nullptr) {
        counters_.waits.add(1);
        waiting_ = true;
        return;
      }
      if (!read(next_->second, *batch)) ++next_;
    }
    timer_.expires_after(options_.poll_interval);
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error && !stopped_) poll();
    });
  }

  // True when there is more to read.
  bool read(Followed& followed, IntakeBatch& batch) {
    const FollowedFile::Read result = followed.file.read(
        batch.batch, followed.source, place_.clock.now(), place_.clock.monotonic());
    counters_.received_bytes.add(result.bytes);
    counters_.received.add(result.frames);
    counters_.frame_bytes.add(result.frame_bytes);
    counters_.discarded_bytes.add(result.discarded_bytes);
    counters_.framing_bytes.add(result.cut_bytes - result.frame_bytes - result.discarded_bytes);
    counters_.truncated.add(result.truncated);
    if (result.frames > 0) {
      batch.put_offset({follow_key(followed.file.path()), followed.file.position()});
      place_.intake.appended();
    }
    if (result.error) {
      counters_.read_errors.add(1);
      place_.notices.say(options_.name, "read",
                         fmt::format("cannot read {}: {}", base::printable(followed.file.path()),
                                     base::system_text(*result.error)));
    }
    return result.more && !result.error;
  }

  const InputOptions options_;
  const InputPlace place_;
  InputCounters& counters_;
  FollowedFile::Settings settings_;
  asio::steady_timer timer_;
  std::map<std::string, Followed> files_;  // by path, so that the order is always the same
  std::map<std::string, Followed>::iterator next_ = files_.end();
  std::uint64_t polls_ = 0;
  bool waiting_ = false;
  bool stopped_ = false;
};

}  // namespace

std::unique_ptr<Input> make_follow_input(const InputOptions& options, const InputPlace& place) {
  return std::make_unique<FollowInput>(options, place);
}

}  // namespace tocsin::ingest
