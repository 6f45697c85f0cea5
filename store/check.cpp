#include "store/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "store/block.hpp"
#include "store/block_filter.hpp"
#include "store/database_files.hpp"
#include "store/folder.hpp"
#include "store/ledger.hpp"
#include "store/mark.hpp"
#include "store/records.hpp"

namespace tocsin::store {

using base::Result;
using event::Seq;

namespace {

class Checker {
 public:
  Checker(std::string path, const StoreOptions& options,
          const std::function<void(std::uint64_t, std::uint64_t)>& progress)
      : path_(std::move(path)), options_(options), progress_(progress) {}

  CheckReport run() {
    if (const auto usable = Folder::inspect(path_); !usable) {
      find(usable.error());
      return std::move(report_);
    }
    if (const auto mark = check_mark(); !mark) find(mark.error());
    auto ledger = Ledger::open_read_only(path_, options_, nullptr);
    if (!ledger) {
      find(ledger.error());
      // What is wrong with which file, since the database as a whole says no more.
      for (const FileFault& fault : files_that_cannot_be_read(database_path(path_))) find(fault);
      return std::move(report_);
    }
    database_ = &(*ledger)->database();
    totals_ = (*ledger)->totals();
    report_.first_seq = totals_.first_seq;
    report_.last_seq = Seq(totals_.next_seq.value - 1);
    for (const FileFault& fault : changed_files(*database_)) find(fault);
    check_log();
    check_records();
    return std::move(report_);
  }

 private:
  // A slot that is just being written may be seen in the middle of that.
  [[nodiscard]] Result<void> check_mark() const {
    auto checked = MarkFile::check(mark_path(path_));
    for (int again = 0; !checked && is_locked(path_) && again < 5; ++again) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      checked = MarkFile::check(mark_path(path_));
    }
    return checked;
  }
  // Many records may stand behind one damaged place: it is told once.
  void find(const base::Error& error) {
    const auto is_it = [&](const Finding& known) {
      return known.sentence == error.sentence && known.first == Seq();
    };
    if (std::ranges::any_of(report_.findings, is_it)) return;
    report_.findings.push_back({error.code, error.sentence, error.origin.name, {}, {}, {}, {}});
  }
  void find(const FileFault& fault) {
    report_.findings.push_back(
        {"store-10", fault.what, fault.file, fault.first, fault.last, {}, {}});
  }
  void find_lost(const base::Error& error, Seq first, Seq end, const BlockInfo* index) {
    Finding finding{error.code, error.sentence, path_, first, Seq(end.value - 1)};
    if (index != nullptr) {
      finding.from = index->min_received;
      finding.to = index->max_received;
    }
    report_.findings.push_back(std::move(finding));
  }

  // By the index, so that each block is asked for by its name: a cursor does not pass a damaged
  // place.
  void check_log() {
    if (const auto anchor = database_->get(Space::state, key::anchor); !anchor) {
      find(anchor.error());
    } else if (*anchor) {
      if (const auto read = decode_anchor(**anchor)) {
        chain_ = read->chain;
      } else {
        find(read.error());
        chain_.reset();
      }
    } else {
      chain_ = base::Sha256{};
    }
    expected_ = totals_.first_seq;
    Cursor index = database_->cursor(Space::state, key::after("i"), true);
    for (index.seek("i"); index.valid(); index.next()) {
      const Seq first(key::last_number(index.key()));
      const auto info = decode_block_info(first, index.value());
      if (!info) {
        find_lost(info.error(), first, Seq(first.value + 1), nullptr);
        continue;
      }
      if (info->end() <= totals_.first_seq) continue;
      if (first > expected_) without_index(first);
      check_block(*info);
      expected_ = info->end();
      if (progress_) progress_(expected_.value - totals_.first_seq.value, totals_.frames());
    }
    if (const auto status = index.status(); !status) find(status.error());
    if (expected_ < totals_.next_seq) without_index(totals_.next_seq);
    if (chain_ && report_.findings.empty() && *chain_ != totals_.chain) {
      find({"store-24",
            "the chain of hashes does not end as the record of totals says",
            {path_, 0, 0}});
    }
    report_.chain = totals_.chain;
  }

  // From `expected_` to `end` no block is in the index.
  void without_index(Seq end) {
    find_lost({"store-23", "their block is not in the index", {}}, expected_, end, nullptr);
    chain_.reset();
  }

  void check_block(const BlockInfo& index) {
    const auto checked = content_of(index);
    if (checked) {
      ++report_.blocks;
      report_.frames += index.frames;
      report_.text_bytes += index.text_bytes;
      return;
    }
    find_lost(checked.error(), index.first_seq, index.end(), &index);
  }

  Result<void> content_of(const BlockInfo& index) {
    auto chain = std::exchange(chain_, std::nullopt);  // behind a fault nobody knows it
    TRY(const auto block, database_->get(Space::blocks, key::block(index.first_seq)));
    if (!block) return base::fail("store-23", "their block is missing");
    TRY(const BlockInfo info, decoder_.decode(*block, batch_));
    chain_ = chain_of(*block);
    if (info != index) return base::fail("store-20", "their block is not the one of the index");
    TRY(const Segments segments, segments_of(*block));
    if (chain && chain_over(*chain, segments, batch_) != chain_) {
      return base::fail("store-24",
                        "the chain of hashes does not lead through them: they, or what stood "
                        "before them, are not what was stored, whatever their checksums say");
    }
    check_filter(info);
    return {};
  }

  // Of the block that batch_ holds. One that is missing takes nothing but time.
  void check_filter(const BlockInfo& info) {
    const auto stored = database_->get(Space::filters, key::block(info.first_seq));
    if (!stored) {
      find(stored.error());
      return;
    }
    if (!*stored) return;
    filter_maker_.make({batch_.text(), batch_.text_size()}, info.frames, info.stored_bytes,
                       filter_);
    if (**stored == filter_) return;
    report_.findings.push_back(
        {"store-20",
         fmt::format("the filter of the block that begins with frame {} is damaged; "
                     "its frames are as they were",
                     info.first_seq.value),
         path_,
         {},
         {},
         {},
         {}});
  }

  void check_records() {
    Cursor cursor = database_->cursor(Space::state, {}, true);
    for (cursor.seek(""); cursor.valid(); cursor.next()) {
      if (const auto read = check_record(cursor.key(), cursor.value()); !read) {
        find(read.error());
      } else {
        ++report_.records;
      }
    }
    if (const auto status = cursor.status(); !status) {
      find(status.error());
      return;  // nobody can say what else is missing behind that
    }
    if (const auto whole = end_of_changes(); !whole) find(whole.error());
    for (std::uint32_t number = 0; number < totals_.sources; ++number)
      expect(key::source(event::SourceId(number)), "source", number);
    for (std::uint32_t number = 0; number < totals_.next_epoch; ++number)
      expect(key::epoch(number), "epoch", number);
    for (std::uint64_t number = 0; number < totals_.next_alert; ++number)
      expect(key::fired(number), "alert", number);
  }

  void expect(const std::string& key, std::string_view what, std::uint64_t number) {
    const auto found = database_->get(Space::state, key);
    if (!found) {
      find(found.error());
    } else if (!*found) {
      find({"store-23", fmt::format("{} {} is missing", what, number), {path_, 0, 0}});
    }
  }

  // Any of them by the first byte of its key (store/README.md).
  Result<void> check_record(std::string_view name, std::string_view value) {
    if (name.empty()) return base::fail("store-22", "a record without a name is in the store");
    const auto of = [](const auto& decoded) -> Result<void> {
      if (!decoded) return std::unexpected(decoded.error());
      return {};
    };
    const std::uint64_t number = key::last_number(name);
    switch (name.front()) {
      case 's':
        return of(decode_source(value));
      case 'A':
        return of(decode_stored_alert(value));
      case 'F': {
        TRY(const AlertCourse course, decode_course(value));
        TRY(const auto alert, database_->get(Space::state, key::alert(course.id)));
        if (!alert)
          return base::fail("store-23", fmt::format("alert {} is missing in the store", number));
        return {};
      }
      case 'H':
        return check_life(number, value);
      case 'a':
        return check_change(name, value);
      case 'l':
        if (value.empty() || value.front() != kind_lockout)
          return base::fail("store-22", fmt::format("a record behind frame {} is damaged",
                                                    key::last_number(name.substr(0, 9))));
        return of(event::decode_lockout(value.substr(1)));
      case 'c':
        return of(decode_clock(Seq(key::last_number(name.substr(0, 9))),
                               static_cast<std::uint32_t>(number), value));
      case 'e':
        return of(decode_epoch(static_cast<std::uint32_t>(number), value));
      case 'h':
        if (key::blob(base::sha256(value)) != name)
          return base::fail("store-22", "a text of an epoch is not the one of its hash");
        return {};
      case 'q':
      case 'd':
        return of(decode_outbox(name.substr(1, name.find('\0', 1) - 1), number, value));
      case 'i':
      case 'k':
      case 'K':
      case 'm':
      case 'n':
      case 'o':
        return {};
      default:
        return base::fail("store-22", "a record of an unknown kind is in the store");
    }
  }

  // What the changes of an alert come to stands beside them: each has its last change ...
  Result<void> check_life(std::uint64_t order, std::string_view value) {
    TRY(const event::LifeCycle life, event::decode_life_cycle(value));
    TRY(const auto course, database_->get(Space::state, key::fired(order)));
    if (!course) return {};  // told as a missing alert
    TRY(const AlertCourse read, decode_course(*course));
    TRY(const auto last, database_->get(Space::state, key::change(read.id, life.changes)));
    if (!last) return missing_change(read.id, life.changes);
    return {};
  }

  // ... and all changes of an alert, whose keys follow each other, come to it.
  Result<void> check_change(std::string_view name, std::string_view value) {
    TRY(const event::AlertChange change, event::decode_alert_change(value));
    TRY(const event::AlertId id, key::changed_alert(name));
    if (id != changing_) {
      if (const auto before = end_of_changes(); !before) find(before.error());
      changing_ = id;
    }
    const std::uint32_t expected = come_to_.changes + 1;
    event::apply(come_to_, change);
    if (name != key::change(id, change.number))
      return base::fail("store-22", "a change of an alert is not where it belongs");
    if (change.number != expected) return missing_change(id, expected);
    return {};
  }

  Result<void> end_of_changes() {
    const event::LifeCycle life = std::exchange(come_to_, {});
    if (life.changes == 0) return {};
    const std::string name = event::to_string(changing_);
    TRY(const auto alert, database_->get(Space::state, key::alert(changing_)));
    if (!alert) return base::fail("store-23", fmt::format("alert {} is missing", name));
    TRY(const std::uint64_t order, decode_alert_order(*alert));
    TRY(const auto kept, database_->get(Space::state, key::life(order)));
    if (kept && *kept == event::encode(life)) return {};
    return base::fail("store-22",
                      fmt::format("the status of alert {} is not what its changes come to", name));
  }

  static std::unexpected<base::Error> missing_change(const event::AlertId& id,
                                                     std::uint32_t number) {
    return base::fail(
        "store-23", fmt::format("change {} of alert {} is missing", number, event::to_string(id)));
  }

  std::string path_;
  const StoreOptions& options_;
  const std::function<void(std::uint64_t, std::uint64_t)>& progress_;
  CheckReport report_;
  const Database* database_ = nullptr;
  Totals totals_;
  Seq expected_;
  std::optional<base::Sha256> chain_;  // nothing: not known here
  BlockDecoder decoder_;
  FilterMaker filter_maker_;
  std::string filter_;
  event::Batch batch_;
  event::AlertId changing_;  // whose changes are being read
  event::LifeCycle come_to_;
};

}  // namespace

CheckReport check_store(const std::string& path, const StoreOptions& options,
                        const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  return Checker(path, options, progress).run();
}

}  // namespace tocsin::store
