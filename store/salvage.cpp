#include "store/salvage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/check.hpp"
#include "store/block_filter.hpp"
#include "store/carve.hpp"
#include "store/folder.hpp"
#include "store/ledger.hpp"
#include "store/records.hpp"

namespace tocsin::store {

namespace fs = std::filesystem;
using base::fail;
using base::Result;
using event::Seq;

namespace {

constexpr std::size_t piece = std::size_t{4} << 20U;  // bytes of blocks in one write
constexpr std::uint64_t most_empty_frames = std::uint64_t{1} << 18U;

// The database of the damaged store as a copy that may be repaired.
class WorkingCopy {
 public:
  explicit WorkingCopy(std::string path) : path_(std::move(path)) {}
  ~WorkingCopy() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  WorkingCopy(const WorkingCopy&) = delete;
  WorkingCopy& operator=(const WorkingCopy&) = delete;

  Result<void> make(const std::string& database) const {
    std::error_code error;
    fs::remove_all(path_, error);
    fs::create_directory(path_, error);
    for (fs::directory_iterator entry(database, error), end; !error && entry != end;
         entry.increment(error)) {
      if (!entry->is_regular_file()) continue;
      const fs::path target = fs::path(path_) / entry->path().filename();
      std::error_code copying;
      // Sorted files are never changed, only removed.
      if (entry->path().extension() == ".sst") fs::create_hard_link(entry->path(), target, copying);
      if (entry->path().extension() != ".sst" || copying)
        fs::copy_file(entry->path(), target, copying);
      if (copying) error = copying;
    }
    if (!error) return {};
    return fail("store-12",
                fmt::format("the damaged database cannot be copied: {}", error.message()),
                {path_, 0, 0});
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Calls `each(key, value)` for all of a space that can be read, in key order; says whether that is
// all. Behind a damaged place it goes on where the next readable one is found.
bool read_what_is_there(const Database& database, Space space,
                        const std::function<void(std::string_view, std::string_view)>& each) {
  std::string from;
  bool whole = true;
  while (true) {
    Cursor cursor = database.cursor(space, {}, true);
    for (cursor.seek(from); cursor.valid(); cursor.next()) {
      each(cursor.key(), cursor.value());
      from.assign(cursor.key());
      from += '\0';
    }
    if (cursor.status()) return whole;
    whole = false;
    const auto next = beyond_damage(database, space, from);
    if (!next) return false;
    from = *next;
  }
}

class Salvager {
 public:
  // `repaired`: the database did not open as it was.
  Salvager(const Database& damaged, Ledger& target, bool repaired)
      : damaged_(damaged), target_(target) {
    report_.repaired = repaired;
  }

  Result<Salvaged> run(const std::vector<std::string>& files) {
    read_totals();
    TRY_VOID(save_records());
    find_blocks(files);
    TRY_VOID(save_blocks());
    TRY_VOID(flush());
    return std::move(report_);
  }

 private:
  void read_totals() {
    if (const auto bytes = damaged_.get(Space::state, key::totals); bytes && *bytes) {
      if (const auto totals = decode_totals(**bytes)) old_ = *totals;
    }
    if (const auto bytes = damaged_.get(Space::state, key::anchor); bytes && *bytes) {
      if (const auto anchor = decode_anchor(**bytes)) anchor_ = *anchor;
    }
  }

  // ---- everything but the log

  Result<void> save_records() {
    std::map<event::AlertId, AlertCourse> courses;
    std::map<std::uint64_t, event::Alert> alerts;  // by order
    std::map<event::AlertId, event::LifeCycle> lives;
    std::map<std::uint64_t, std::uint32_t> changes;  // how many an alert had, by order
    std::set<event::AlertId> known;
    std::map<std::uint32_t, Epoch> epochs;
    std::map<std::uint32_t, event::Source> sources;
    Changes state;  // only worth something whole
    const auto keep = [&](std::string_view name, std::string_view value) {
      changes_.put(Space::state, name, value);
      bytes_ += name.size() + value.size();
      ++report_.records;
    };
    const auto one = [&](std::string_view name, std::string_view value) {
      const std::uint64_t number = key::last_number(name);
      bool good = true;
      switch (name.front()) {
        case 's': {
          const auto source = decode_source(value);
          good = source && name.size() == 5;
          if (good) sources.emplace(source_number(name), *source);
          break;
        }
        case 'A': {
          auto stored = decode_stored_alert(value);
          good = stored.has_value();
          if (good) {
            known.insert(stored->alert.id);
            alerts.insert_or_assign(stored->order, std::move(stored->alert));
          }
          break;
        }
        case 'F': {
          const auto course = decode_course(value);
          good = course.has_value();
          if (good) courses.insert_or_assign(course->id, *course);
          break;
        }
        case 'a': {  // behind all alerts, in the order of their numbers
          auto change = event::decode_alert_change(value);
          const auto id = key::changed_alert(name);
          good = change && id && known.contains(*id);
          if (!good) break;
          event::LifeCycle& life = lives[*id];
          change->number = life.changes + 1;
          event::apply(life, *change);
          keep(key::change(*id, change->number), event::encode(*change));
          break;
        }
        case 'e': {
          auto epoch = decode_epoch(static_cast<std::uint32_t>(number), value);
          good = epoch && name.size() == 5;
          if (good) epochs.emplace(source_number(name), *std::move(epoch));
          break;
        }
        case 'h':
          good = key::blob(base::sha256(value)) == name;
          if (good) keep(name, value);
          break;
        case 'l':
          good = !value.empty() && value.front() == kind_lockout &&
                 event::decode_lockout(value.substr(1));
          if (good) keep(name, value);
          break;
        case 'c':
          good = decode_clock(Seq(key::last_number(name.substr(0, 9))),
                              static_cast<std::uint32_t>(number), value)
                     .has_value();
          if (good) keep(name, value);
          break;
        case 'q':
        case 'd':
          good = decode_outbox(name.substr(1, name.find('\0', 1) - 1), number, value).has_value();
          if (good) keep(name, value);
          break;
        case 'n':
          keep(name, value);
          break;
        case 'k':
        case 'K':
        case 'o':
          state.put(Space::state, name, value);
          break;
        case 'H': {  // follows from the changes
          const auto life = event::decode_life_cycle(value);
          good = life.has_value();
          if (good) changes.emplace(number, life->changes);
          break;
        }
        case 'i':
        case 'm':
          break;
        default:
          good = false;
      }
      if (!good) ++report_.bad_records;
    };
    const bool whole = read_what_is_there(damaged_, Space::state, one);
    report_.state = whole && report_.bad_records == 0 && old_ && !report_.repaired;
    report_.counted = old_.has_value();
    if (old_ && old_->next_alert > alerts.size())
      report_.lost_alerts = old_->next_alert - alerts.size();
    put_alerts(alerts, courses, lives, changes);
    put_epochs(epochs);
    put_sources(sources);
    if (report_.state) {
      if (const auto seen = damaged_.get(Space::state, key::checkpoint); seen && *seen)
        state.put(Space::state, key::checkpoint, **seen);
      TRY_VOID(target_.write_aside(state));
    }
    return flush();
  }

  static std::uint32_t source_number(std::string_view name) {
    std::uint32_t number = 0;
    for (const char c : name.substr(1)) number = number << 8U | static_cast<unsigned char>(c);
    return number;
  }

  void put_alerts(const std::map<std::uint64_t, event::Alert>& alerts,
                  const std::map<event::AlertId, AlertCourse>& courses,
                  const std::map<event::AlertId, event::LifeCycle>& lives,
                  const std::map<std::uint64_t, std::uint32_t>& changes) {
    std::size_t with_course = 0;
    for (const auto& [old_order, stored] : alerts) {
      event::Alert alert = stored;
      if (const auto course = courses.find(alert.id); course != courses.end()) {
        ++with_course;
        alert.last_seen = course->second.last_seen;
        alert.total = course->second.total;
      }
      const std::uint64_t order = totals_.next_alert++;
      changes_.put(Space::state, key::alert(alert.id), encode_alert(order, alert));
      changes_.put(Space::state, key::fired(order), encode_course(alert));
      const auto life = lives.find(alert.id);
      const std::uint32_t saved = life == lives.end() ? 0 : life->second.changes;
      if (saved > 0) changes_.put(Space::state, key::life(order), event::encode(life->second));
      if (const auto had = changes.find(old_order); had != changes.end() && had->second > saved)
        report_.bad_records += had->second - saved;
      ++report_.records;
    }
    // Those that are left belong to alerts that are not.
    report_.bad_records += courses.size() - with_course;
  }

  void put_epochs(const std::map<std::uint32_t, Epoch>& epochs) {
    for (const auto& [old_number, stored] : epochs) {
      Epoch epoch = stored;
      epoch.number = totals_.next_epoch++;
      changes_.put(Space::state, key::epoch(epoch.number), encode(epoch));
      ++report_.records;
    }
  }

  // Frames name their source by its number: a lost one leaves a name that says so.
  void put_sources(const std::map<std::uint32_t, event::Source>& sources) {
    std::uint32_t count = old_ ? old_->sources : 0;
    if (!sources.empty()) count = std::max(count, sources.rbegin()->first + 1);
    for (; totals_.sources < count; ++totals_.sources) {
      const auto known = sources.find(totals_.sources);
      event::Source source;
      if (known != sources.end()) {
        source = known->second;
        ++report_.records;
      } else {
        source.input = fmt::format("lost-{}", totals_.sources);
        ++report_.bad_records;
      }
      changes_.put(Space::state, key::source(event::SourceId(totals_.sources)), encode(source));
    }
  }

  // ---- the log

  struct Found {
    Seq end;
    std::string file;  // empty: the database has it
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
  };

  void find_blocks(const std::vector<std::string>& files) {
    const Seq first = old_ ? old_->first_seq : Seq(1);
    const bool whole = read_what_is_there(
        damaged_, Space::blocks, [&](std::string_view name, std::string_view value) {
          const auto info = block_info(value);
          if (!info || key::block_seq(name) != info->first_seq || info->end() <= first) return;
          if (!decoder_.decode(value, batch_)) return;
          blocks_.insert_or_assign(info->first_seq, Found{info->end(), {}, 0, 0});
        });
    Seq expected = old_ ? first : blocks_.empty() ? Seq(1) : blocks_.begin()->first;
    bool gap = !whole || report_.repaired;
    for (const auto& [seq, found] : blocks_) {
      gap = gap || seq != expected;
      expected = found.end;
    }
    if (!gap && old_ && expected == old_->next_seq) return;
    for (const std::string& file : files) {
      for (const CarvedBlock& carved : carve_blocks(file)) {
        const BlockInfo& info = carved.info;
        if (old_ && (info.first_seq < first || info.end() > old_->next_seq)) continue;
        if (!covers(info)) add(info, {info.end(), file, carved.offset, carved.size});
      }
    }
  }

  // Some of its frames are known already.
  [[nodiscard]] bool covers(const BlockInfo& info) const {
    auto next = blocks_.upper_bound(info.first_seq);
    if (next != blocks_.end() && next->first < info.end() && next->second.file.empty()) return true;
    return next != blocks_.begin() && std::prev(next)->second.end > info.first_seq;
  }
  // The whole of a run of merged ones stands for its parts.
  void add(const BlockInfo& info, Found found) {
    auto next = blocks_.upper_bound(info.first_seq);
    while (next != blocks_.end() && next->first < info.end()) next = blocks_.erase(next);
    blocks_.insert_or_assign(info.first_seq, std::move(found));
  }

  Result<void> save_blocks() {
    const Seq first = old_ ? old_->first_seq : blocks_.empty() ? Seq(1) : blocks_.begin()->first;
    totals_.first_seq = totals_.next_seq = first;
    report_.first_seq = first;
    if (first > Seq(1)) {
      Anchor anchor = anchor_.value_or(Anchor{});
      anchor.first_seq = first;
      anchor.chain = {};
      if (!report_.state) anchor.state = 0;
      changes_.put(Space::state, key::anchor, encode(anchor));
    }
    for (const auto& [seq, found] : blocks_) {
      if (seq < totals_.next_seq) continue;
      std::string block;
      if (!read_block(seq, found, block)) continue;
      TRY_VOID(put_lost(seq));
      put_block(block);
      report_.frames += found.end.value - seq.value;
      if (bytes_ >= piece) TRY_VOID(flush());
    }
    if (old_) TRY_VOID(put_lost(old_->next_seq));
    report_.last_seq = Seq(totals_.next_seq.value - 1);
    return {};
  }

  bool read_block(Seq seq, const Found& found, std::string& block) {
    if (!found.file.empty()) return read_piece(found.file, found.offset, found.size, block);
    auto stored = damaged_.get(Space::blocks, key::block(seq));
    if (!stored || !*stored) return false;
    block = *std::move(*stored);
    return true;
  }

  void put_block(std::string& block) {
    const auto info = block_info(block);
    const bool good = info && decoder_.decode(block, batch_);
    CHECK(good, "a block that was found whole is not");
    totals_.chain = chain_over(totals_.chain, *segments_of(block), batch_);
    set_chain(block, totals_.chain);
    changes_.put(Space::blocks, key::block(info->first_seq), block);
    changes_.put(Space::state, key::index(info->first_seq), encode(*info));
    filter_maker_.make({batch_.text(), batch_.text_size()}, info->frames, block.size(), filter_);
    if (!filter_.empty()) changes_.put(Space::filters, key::block(info->first_seq), filter_);
    totals_.next_seq = info->end();
    totals_.blocks += 1;
    totals_.block_bytes += info->stored_bytes;
    totals_.text_bytes += info->text_bytes;
    received_ = info->max_received;
    bytes_ += block.size();
  }

  // Up to `end` nothing was found.
  Result<void> put_lost(Seq end) {
    if (totals_.next_seq >= end) return {};
    report_.lost.push_back({totals_.next_seq, Seq(end.value - 1)});
    while (totals_.next_seq < end) {
      event::Batch lost;
      lost.first_seq = totals_.next_seq;
      const std::uint64_t count = std::min(end.value - totals_.next_seq.value, most_empty_frames);
      for (std::uint64_t i = 0; i < count; ++i) {
        lost.add_frame("", event::SourceId(0), received_);
        lost.frames.back().anomalies.set(event::Anomaly::frame_lost);
      }
      std::string block;
      encoder_.encode(lost, block);
      seal(block, lost.first_seq, time_range(lost));
      put_block(block);
      if (bytes_ >= piece) TRY_VOID(flush());
    }
    if (totals_.sources == 0) put_sources({{0, event::Source{}}});
    return {};
  }

  Result<void> flush() {
    TRY_VOID(target_.write(target_.hold(), changes_, totals_));
    changes_.clear();
    bytes_ = 0;
    return {};
  }

  const Database& damaged_;
  Ledger& target_;
  Salvaged report_;
  std::optional<Totals> old_;
  std::optional<Anchor> anchor_;
  std::map<Seq, Found> blocks_;
  Changes changes_;
  std::size_t bytes_ = 0;
  Totals totals_;
  base::ReceivedTime received_;  // of the last frame before a gap
  BlockDecoder decoder_;
  BlockEncoder encoder_;
  FilterMaker filter_maker_;
  std::string filter_;
  event::Batch batch_;
};

}  // namespace

Result<Salvaged> salvage(const std::string& store, const std::string& target) {
  TRY_VOID(Folder::inspect(store));
  if (is_locked(store)) return fail("store-2", "a process writes to this store", {store, 0, 0});
  std::error_code error;
  if (fs::symlink_status(target, error).type() != fs::file_type::not_found) {
    return fail("store-25", "there is something already, and nothing is overwritten",
                {target, 0, 0});
  }
  const std::string partial = target + ".partial";
  fs::remove_all(partial, error);
  const WorkingCopy copy(target + ".copy");
  TRY_VOID(copy.make(database_path(store)));
  const std::vector<std::string> files = sorted_files_in(database_path(store));
  auto damaged = Database::open(copy.path(), {}, Database::Access::write);
  bool repaired = false;
  if (!damaged) {
    repaired = true;
    TRY_VOID(Database::repair(copy.path()));
    damaged = Database::open(copy.path(), {}, Database::Access::write);
    if (!damaged) return std::unexpected(damaged.error());
  }
  std::optional<Salvaged> report;
  {
    TRY(const auto ledger, Ledger::open(partial, {}, nullptr));
    Salvager salvager(**damaged, *ledger, repaired);
    auto saved = salvager.run(files);
    if (saved) {
      report = *std::move(saved);
      if (const auto closed = ledger->close(); !closed) saved = std::unexpected(closed.error());
    }
    if (!saved) {
      fs::remove_all(partial, error);
      return std::unexpected(saved.error());
    }
  }
  if (std::rename(partial.c_str(), target.c_str()) != 0) {
    return fail("store-12", "the salvaged store cannot be given its name", {target, 0, 0});
  }
  return *std::move(report);
}

}  // namespace tocsin::store
