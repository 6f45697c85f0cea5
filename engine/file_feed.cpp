#include "engine/file_feed.hpp"

#include <algorithm>
#include <utility>

#include "ingest/syslog/file_year.hpp"

namespace tocsin::engine {

// One open file; when merged, the batch that is being given out and how far.
struct FileFeed::File {
  std::unique_ptr<ingest::FileSource> source;
  event::SourceId id;
  event::Batch batch;         // decoded
  std::size_t next = 0;       // frame of `batch` that comes next
  base::EventTime last_time;  // of the newest line with a time: lines without one have it
  bool ended = false;
  bool told = false;         // its end was passed on
  bool gave_frames = false;  // since its offset was last passed on

  // Of the frame that comes next.
  [[nodiscard]] base::EventTime time() const {
    const event::Event& event = batch.events[next];
    return event.has_time ? event.time : last_time;
  }
};

FileFeed::FileFeed(const FileFeedOptions& options, FileDecoder* decoder)
    : options_(options), decoder_(decoder) {}
FileFeed::~FileFeed() = default;

base::Result<std::unique_ptr<FileFeed>> FileFeed::open(const FileFeedOptions& options,
                                                       event::SourceTable& sources,
                                                       const event::Offsets* offsets,
                                                       FileDecoder* decoder) {
  std::unique_ptr<FileFeed> feed(new FileFeed(options, decoder));
  for (const std::string& path : options.paths) TRY_VOID(feed->add(path, sources, offsets));
  feed->count_progress();
  return feed;
}

namespace {

// Where the year of times without one begins: by --year and the first dated line, else by when the
// file was last written.
std::int64_t year_from(const FileFeedOptions& options, const ingest::FileSource& file,
                       const event::Source& source) {
  if (!options.year)
    return ingest::year_from_modification(file.modified().value_or(options.now.value));
  ingest::SyslogParser parser;
  const std::int64_t begin =
      ingest::year_from_first_line(file.head(), static_cast<int>(*options.year), source, parser);
  return begin != 0 ? begin
                    : base::days_from_civil(*options.year, 1, 1) * 86400 * base::ns_per_second;
}

}  // namespace

base::Result<void> FileFeed::add(const std::string& path, event::SourceTable& sources,
                                 const event::Offsets* offsets) {
  ingest::FileOptions file_options;
  file_options.format = options_.format;
  file_options.batch_bytes = options_.batch_bytes;
  file_options.batch_frames = options_.batch_frames;
  auto file = std::make_unique<File>();
  TRY(file->source, ingest::FileSource::open(path, file_options));
  event::Source source;
  source.input = path;
  source.transport = path == "-" ? event::Transport::stdin_ : event::Transport::file;
  source.zone = options_.zone;
  source.format = ingest::source_format(file->source->format());
  if (options_.format == "syslog") source.format = "syslog";
  source.year_from = year_from(options_, *file->source, source);
  file->id = sources.intern(source);
  const std::int64_t received = file->source->modified().value_or(options_.now.value);
  file->source->set_source(file->id, base::ReceivedTime(received));
  if (offsets != nullptr && !file->source->offset_key().empty()) {
    TRY(const auto committed, offsets->offset(file->source->offset_key()));
    if (committed) TRY_VOID(file->source->resume(*committed));
  }
  files_.push_back(std::move(file));
  return {};
}

void FileFeed::count_progress() {
  std::uint64_t read = 0, total = 0;
  for (const auto& file : files_) {
    const ingest::FileProgress progress = file->source->progress();
    read += progress.read;
    total += progress.total;
  }
  bytes_read_ = read;
  bytes_total_ = total;
}

void FileFeed::go_on_from(const StatedTime& stated) {
  for (const auto& file : files_) file->last_time = stated(file->id).value_or(file->last_time);
}

bool FileFeed::next(Work& work) {
  const bool merged = files_.size() > 1 && !options_.sequential;
  const bool more = merged ? next_merged(work) : next_sequential(work);
  count_progress();
  return more;
}

void FileFeed::end(File& file, Work& work) {
  file.ended = true;
  if (file.source->error()) errors_.push_back(*file.source->error());
  if (!std::exchange(file.told, true)) work.finished.push_back(file.id);
}

bool FileFeed::next_sequential(Work& work) {
  while (current_ < files_.size()) {
    File& file = *files_[current_];
    if (file.source->next(work.batch)) {
      if (auto offset = file.source->offset()) work.offsets.push_back(*std::move(offset));
      return true;
    }
    work.batch.clear();
    end(file, work);
    ++current_;
    return true;
  }
  return false;
}

// The next batch of the file, decoded. False when it has just ended: the batch under way ends there
// too, so that the end has the same place whatever the size of batches.
bool FileFeed::refill(File& file, Work& work) {
  file.next = 0;
  while (!file.ended) {
    if (!file.source->next(file.batch)) {
      file.batch.clear();
      end(file, work);
      break;
    }
    if (file.batch.frames.empty()) continue;
    decoder_->decode(file.batch);
    return true;
  }
  return false;
}

// The file whose next frame has the earliest time; among equals, the one that was named first.
FileFeed::File* FileFeed::earliest(Work& work, bool& ended) {
  File* first = nullptr;
  for (const auto& file : files_) {
    if (file->next >= file->batch.frames.size()) {
      if (file->ended) continue;
      if (!refill(*file, work)) {
        ended = true;
        continue;
      }
    }
    if (first == nullptr || file->time() < first->time()) first = file.get();
  }
  return first;
}

bool FileFeed::next_merged(Work& work) {
  // The text of the batch must not move once an event's fields point into it.
  constexpr std::size_t last_frame = std::size_t{64} << 10U;
  std::size_t room = 0;
  copy_.begin();
  while (work.batch.frames.size() < options_.batch_frames &&
         work.batch.text_size() < options_.batch_bytes) {
    bool ended = false;
    File* const first = earliest(work, ended);
    if (first == nullptr || ended) break;
    const std::size_t size = first->batch.frames[first->next].size + 1;
    if (room == 0) {
      room = std::max(options_.batch_bytes + last_frame, size);
      work.batch.reserve_text(room);
    }
    if (work.batch.text_size() + size > room) break;
    first->last_time = first->time();
    copy_.add(first->batch, first->next, work.batch);
    if (*work.batch.events.back().decoder != '\0') ++work.decoded;
    first->gave_frames = true;
    ++first->next;
  }
  work.is_decoded = true;
  for (const auto& file : files_) {
    if (!std::exchange(file->gave_frames, false)) continue;
    auto offset = file->batch.frames.empty() ? file->source->offset()
                                             : file->source->offset(file->batch, file->next);
    if (offset) work.offsets.push_back(*std::move(offset));
  }
  return !work.batch.frames.empty() || !work.finished.empty();
}

}  // namespace tocsin::engine
