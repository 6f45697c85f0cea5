#include "ingest/listen/journal_input.hpp"

#include <fmt/format.h>
#include <systemd/sd-journal.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <cstdlib>
#include <filesystem>

#include "base/json.hpp"
#include "base/text.hpp"

namespace tocsin::ingest {

std::string journal_key(const std::string& input) { return "journald:" + input; }

namespace {

namespace asio = boost::asio;

constexpr std::size_t entries_a_turn = 512;
constexpr int damaged_in_a_row = 1000;

// In the order in which the object has them.
constexpr std::array<std::string_view, 19> kept_fields = {"MESSAGE",
                                                          "SYSLOG_IDENTIFIER",
                                                          "SYSLOG_PID",
                                                          "_PID",
                                                          "_HOSTNAME",
                                                          "PRIORITY",
                                                          "SYSLOG_FACILITY",
                                                          "_UID",
                                                          "_GID",
                                                          "_COMM",
                                                          "_EXE",
                                                          "_CMDLINE",
                                                          "_SYSTEMD_UNIT",
                                                          "_BOOT_ID",
                                                          "_TRANSPORT",
                                                          "_AUDIT_SESSION",
                                                          "_AUDIT_LOGINUID",
                                                          "_SYSTEMD_USER_UNIT",
                                                          "MESSAGE_ID"};

struct CloseJournal {
  void operator()(sd_journal* journal) const { sd_journal_close(journal); }
};
using Journal = std::unique_ptr<sd_journal, CloseJournal>;

base::Result<Journal> open_journal(const InputOptions& options) {
  sd_journal* journal = nullptr;
  int result = 0;
  const std::string where = options.path.empty() ? "the system's journal" : options.path.front();
  if (options.path.empty()) {
    result = sd_journal_open(&journal, SD_JOURNAL_LOCAL_ONLY);
  } else if (std::error_code ignored; std::filesystem::is_directory(where, ignored)) {
    result = sd_journal_open_directory(&journal, where.c_str(), 0);
  } else {
    std::array<const char*, 2> paths = {where.c_str(), nullptr};
    result = sd_journal_open_files(&journal, paths.data(), 0);
  }
  if (result < 0) {
    const bool forbidden = result == -EACCES || result == -EPERM;
    return base::fail(
        "ingest-111",
        fmt::format("cannot open {}: {}{}", where, base::system_text(-result),
                    forbidden ? "; the daemon's user must be in systemd-journal" : ""),
        {"input " + options.name});
  }
  sd_journal_set_data_threshold(journal, options.max_frame);
  return Journal(journal);
}

class JournalInput final : public Input, public Waiter {
 public:
  JournalInput(const InputOptions& options, const InputPlace& place, Journal journal)
      : options_(options),
        place_(place),
        counters_(place.intake.counters(options.name, event::Transport::journald)),
        journal_(std::move(journal)),
        descriptor_(place.io) {
    event::Source source = source_of(options, event::Transport::journald);
    source.format = "json";
    // The system's own daemon wrote it; who wrote an entry stands in its _UID.
    source.authenticated = true;
    source_ = place.sources.intern(source);
    place.intake.count_source(source_, counters_);
  }

  ~JournalInput() override {
    place_.intake.forget(*this);
    // The descriptor is the journal's.
    if (descriptor_.is_open()) descriptor_.release();
  }

  void start() override {
    if (sd_journal_has_runtime_files(journal_.get()) <= 0 &&
        sd_journal_has_persistent_files(journal_.get()) <= 0 && options_.path.empty()) {
      place_.notices.say(options_.name, "empty",
                         "no journal file can be read; the daemon's user must be in the group "
                         "systemd-journal");
    }
    seek();
    const int fd = sd_journal_get_fd(journal_.get());
    if (fd >= 0) {
      boost::system::error_code ignored;
      descriptor_.assign(fd, ignored);
    }
    wait();
    read();
  }

  // The cursor is exact: what is not read now is read after the next start.
  void drain(std::function<void()> done) override {
    stopped_ = true;
    boost::system::error_code ignored;
    if (descriptor_.is_open()) descriptor_.cancel(ignored);
    done();
  }

  void on_room() override {
    waiting_ = false;
    if (!stopped_) read();
  }

  // Where the kernel does not tell of changes, and after an error: once a second.
  void tick() override {
    if (stopped_ || waiting_ || reading_) return;
    sd_journal_process(journal_.get());
    read();
  }

 private:
  void wait() {
    if (!descriptor_.is_open()) return;
    descriptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                           [this](const boost::system::error_code& error) {
                             if (error || stopped_) return;
                             sd_journal_process(journal_.get());
                             if (!waiting_ && !reading_) read();
                             wait();
                           });
  }

  // Behind the committed cursor; where that is gone, with the next entry that there is.
  void seek() {
    std::optional<std::string> cursor;
    if (auto committed = place_.offsets.offset(journal_key(options_.name))) {
      cursor = std::move(*committed);
    } else {
      place_.notices.say(options_.name, "offset",
                         "the cursor cannot be read: " + to_string(committed.error()));
    }
    if (!cursor) {
      if (options_.from_begin) {
        sd_journal_seek_head(journal_.get());
      } else {
        sd_journal_seek_tail(journal_.get());
        sd_journal_previous(journal_.get());
      }
      return;
    }
    if (sd_journal_seek_cursor(journal_.get(), cursor->c_str()) >= 0 &&
        sd_journal_next(journal_.get()) > 0) {
      if (sd_journal_test_cursor(journal_.get(), cursor->c_str()) > 0) return;
      // It stands on the first entry behind the gap: next() must give that one.
      if (sd_journal_previous(journal_.get()) <= 0) sd_journal_seek_head(journal_.get());
    } else {
      sd_journal_seek_head(journal_.get());
    }
    gap_ = true;
    counters_.gaps.add(1);
    place_.notices.say(options_.name, "gap",
                       "the journal no longer has the entry that was read last; entries between "
                       "may be missing");
  }

  void read() {
    reading_ = false;
    int damaged = 0;
    for (std::size_t taken = 0;; ++taken) {
      if (taken == entries_a_turn) {
        reading_ = true;
        asio::post(place_.io, [this] {
          if (!stopped_ && !waiting_) read();
        });
        return;
      }
      IntakeBatch* const batch = place_.intake.open(*this);
      if (batch == nullptr) {
        counters_.waits.add(1);
        waiting_ = true;
        return;
      }
      const int result = sd_journal_next(journal_.get());
      if (result == 0) return;
      if (result < 0) {
        counters_.read_errors.add(1);
        place_.notices.say(options_.name, "read",
                           "cannot read the journal: " + base::system_text(-result));
        // A damaged entry is stepped over; anything else is tried again at the next tick.
        if (result != -EBADMSG || ++damaged == damaged_in_a_row) return;
        continue;
      }
      take_entry(*batch);
    }
  }

  void take_entry(IntakeBatch& batch) {
    event::Anomalies anomalies;
    const std::uint64_t bytes = gather(anomalies);
    counters_.received.add(1);
    counters_.received_bytes.add(bytes);
    write_entry();
    if (gap_) anomalies.set(event::Anomaly::journal_gap);
    gap_ = false;
    if (anomalies.has(event::Anomaly::frame_truncated)) counters_.truncated.add(1);
    batch.batch.add_frame(json_, source_, place_.clock.now(), anomalies);
    counters_.frame_bytes.add(json_.size());
    char* cursor = nullptr;
    if (sd_journal_get_cursor(journal_.get(), &cursor) >= 0) {
      batch.put_offset({journal_key(options_.name), cursor});
      std::free(cursor);
    }
    place_.intake.appended();
  }

  // The fields of the entry that are kept, the first of each name; all bytes that it has.
  std::uint64_t gather(event::Anomalies& anomalies) {
    for (std::string& value : values_) value.clear();
    present_.fill(false);
    std::uint64_t bytes = 0;
    const void* data = nullptr;
    std::size_t size = 0;
    sd_journal_restart_data(journal_.get());
    while (sd_journal_enumerate_available_data(journal_.get(), &data, &size) > 0) {
      bytes += size;
      const std::string_view field(static_cast<const char*>(data), size);
      const std::size_t equals = field.find('=');
      if (equals == std::string_view::npos) continue;
      const auto place = std::find(kept_fields.begin(), kept_fields.end(), field.substr(0, equals));
      const auto index = static_cast<std::size_t>(place - kept_fields.begin());
      if (place == kept_fields.end() || present_[index]) continue;
      present_[index] = true;
      std::string_view value = field.substr(equals + 1);
      if (value.size() > limit_of(equals)) {
        value = base::utf8_prefix(value, limit_of(equals));
        anomalies.set(event::Anomaly::frame_truncated);
      }
      if (!base::is_utf8(value)) anomalies.set(event::Anomaly::bad_utf8);
      if (value.find('\0') != std::string_view::npos) anomalies.set(event::Anomaly::frame_nul);
      values_[index] = value;
    }
    return bytes;
  }

  // The library cuts a field, name included, at the threshold that it was given, or gives it whole.
  [[nodiscard]] std::size_t limit_of(std::size_t name_size) const {
    return options_.max_frame > name_size + 1 ? options_.max_frame - name_size - 1 : 0;
  }

  void write_entry() {
    json_.clear();
    base::JsonWriter out(json_);
    out.begin_object();
    std::uint64_t microseconds = 0;
    if (sd_journal_get_realtime_usec(journal_.get(), &microseconds) >= 0)
      out.member("__REALTIME_TIMESTAMP", std::string_view(std::to_string(microseconds)));
    for (std::size_t i = 0; i < kept_fields.size(); ++i) {
      if (present_[i]) out.member(kept_fields[i], std::string_view(values_[i]));
    }
    out.end_object();
  }

  const InputOptions options_;
  const InputPlace place_;
  InputCounters& counters_;
  Journal journal_;
  asio::posix::stream_descriptor descriptor_;
  event::SourceId source_;
  bool gap_ = false;
  bool waiting_ = false;  // for room
  bool reading_ = false;  // the next turn is set
  bool stopped_ = false;
  std::array<std::string, kept_fields.size()> values_;
  std::array<bool, kept_fields.size()> present_{};
  std::string json_;
};

}  // namespace

base::Result<std::unique_ptr<Input>> make_journal_input(const InputOptions& options,
                                                        const InputPlace& place) {
  TRY(Journal journal, open_journal(options));
  return std::make_unique<JournalInput>(options, place, std::move(journal));
}

}  // namespace tocsin::ingest
