#include "search/searcher.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "search/block_choice.hpp"
#include "search/block_search.hpp"
#include "search/decoders.hpp"
#include "search/plan.hpp"

namespace tocsin::search {

namespace {

using base::Result;
using event::Seq;

// Rows that wait because blocks that were not read yet may have newer ones.
constexpr std::size_t max_waiting = 1'000'000;
constexpr std::size_t lockouts_at_a_time = 1000;
// Blocks that follow each other are read in one go: seeking each costs as much as looking at it.
constexpr std::size_t blocks_at_a_time = 16;
constexpr std::size_t bytes_at_a_time = std::size_t{2} << 20U;

// Some blocks, or some lockout records.
struct Task {
  std::int64_t max_time = 0;
  std::uint64_t events = 0;
  std::uint64_t text_bytes = 0;
  std::vector<store::BlockInfo> blocks;
  std::span<const event::Lockout> lockouts;
};

// Tasks that threads work at, with results in the order of the tasks.
class Crew {
 public:
  Crew(std::span<const Task> tasks, std::size_t threads,
       const std::function<std::unique_ptr<BlockSearch>()>& make, Seq first)
      : tasks_(tasks), window_(2 * threads + 2), first_(first), results_(tasks.size()) {
    for (std::size_t i = 0; i < threads; ++i) {
      threads_.emplace_back([this, worker = make()] { work(*worker); });
    }
  }
  ~Crew() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  // Of the task that comes next.
  Result<BlockFound> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return results_[taken_].has_value(); });
    Result<BlockFound> found = *std::move(results_[taken_]);
    results_[taken_].reset();
    ++taken_;
    lock.unlock();
    changed_.notify_all();
    return found;
  }

 private:
  void work(BlockSearch& worker) {
    std::unique_lock lock(mutex_);
    while (true) {
      // Not far ahead of the reader, so that few results wait.
      changed_.wait(lock, [this] { return stopping_ || next_ < taken_ + window_; });
      if (stopping_ || next_ == tasks_.size()) return;
      const std::size_t at = next_++;
      lock.unlock();
      const Task& task = tasks_[at];
      auto found =
          task.lockouts.empty() ? worker.search(task.blocks, first_) : worker.search(task.lockouts);
      lock.lock();
      results_[at].emplace(std::move(found));
      changed_.notify_all();
    }
  }

  std::span<const Task> tasks_;
  const std::size_t window_;
  const Seq first_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::optional<Result<BlockFound>>> results_;
  std::size_t next_ = 0;
  std::size_t taken_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

// Puts rows of blocks whose times overlap into one order.
class Merger {
 public:
  Merger(const Plan& plan, Stages& stages) : plan_(plan), stages_(stages) {}

  // No block behind this one has an event newer than `rest`. False: no more rows are wanted.
  Result<bool> take(std::vector<Row> rows, std::optional<std::int64_t> rest) {
    for (Row& row : rows) {
      waiting_.push_back(std::move(row));
      std::ranges::push_heap(waiting_, stands_behind);
    }
    while (!waiting_.empty() && (!rest || waiting_.front().time.value > *rest)) {
      std::ranges::pop_heap(waiting_, stands_behind);
      Row row = std::move(waiting_.back());
      waiting_.pop_back();
      if (!stages_.take(std::move(row))) return false;
      if (++given_ >= plan_.most_rows) return false;
    }
    if (waiting_.size() > max_waiting) drop_surplus();
    if (waiting_.size() > max_waiting) return std::unexpected(too_much());
    return true;
  }

 private:
  static bool stands_behind(const Row& a, const Row& b) { return stands_before(b, a); }
  // Of those that wait, only the newest can be among the wanted.
  void drop_surplus() {
    if (plan_.most_rows >= max_waiting) return;
    std::ranges::sort(waiting_, stands_before);
    waiting_.resize(std::min<std::size_t>(waiting_.size(), plan_.most_rows));
    std::ranges::make_heap(waiting_, stands_behind);
  }

  const Plan& plan_;
  Stages& stages_;
  std::vector<Row> waiting_;  // a heap, the newest first
  std::uint64_t given_ = 0;
};

class Search {
 public:
  Search(const store::Store& store, const Plan& plan, const SearchOptions& options,
         SearchSummary& summary)
      : store_(store), plan_(plan), options_(options), summary_(summary) {}

  // The tasks, newest first; what the index answers is counted into `figures`.
  Result<std::vector<Task>> tasks(std::optional<Aggregation>& figures) {
    std::vector<Task> out;
    TRY_VOID(store_.read_index([&](const store::BlockInfo& info) {
      ++summary_.blocks;
      const std::uint64_t kept =
          info.end().value - std::max(info.first_seq.value, store_.first_seq().value);
      if (info.max_time < plan_.span.from || info.min_time > plan_.span.to) {
        ++summary_.blocks_skipped;
        return true;
      }
      summary_.events += kept;
      if (plan_.counts_all() && plan_.covers(info.min_time.value, info.max_time.value)) {
        ++summary_.blocks_skipped;
        summary_.matched += kept;
        figures->add_count(kept);
        return true;
      }
      add(info, kept, out);
      return true;
    }));
    TRY_VOID(store_.read_lockouts(Seq(0), [this](const event::Lockout& lockout) {
      if (lockout.time >= plan_.span.from && lockout.time <= plan_.span.to)
        lockouts_.push_back(lockout);
      return true;
    }));
    summary_.events += lockouts_.size();
    std::ranges::stable_sort(lockouts_, {}, &event::Lockout::time);
    for (std::size_t at = 0; at < lockouts_.size(); at += lockouts_at_a_time) {
      const auto part = std::span<const event::Lockout>(lockouts_).subspan(
          at, std::min(lockouts_at_a_time, lockouts_.size() - at));
      out.push_back({part.back().time.value, part.size(), 0, {}, part});
    }
    std::ranges::stable_sort(out,
                             [](const Task& a, const Task& b) { return a.max_time > b.max_time; });
    return out;
  }

  static void add(const store::BlockInfo& info, std::uint64_t kept, std::vector<Task>& out) {
    const bool follows = !out.empty() && out.back().blocks.back().end() == info.first_seq &&
                         out.back().blocks.size() < blocks_at_a_time &&
                         out.back().text_bytes + info.text_bytes <= bytes_at_a_time;
    if (!follows) out.push_back({info.max_time.value, 0, 0, {}, {}});
    Task& task = out.back();
    task.max_time = std::max(task.max_time, info.max_time.value);
    task.events += kept;
    task.text_bytes += info.text_bytes;
    task.blocks.push_back(info);
  }

  Result<void> run(std::span<const Task> tasks, Decoders& decoders,
                   const event::SourceTable& sources, const BlockChoice& choice,
                   const Prefilter& prefilter, std::optional<Aggregation>& figures,
                   Stages& stages) {
    if (tasks.empty()) return {};
    SearchProgress progress{0, tasks.size(), 0, 0, 0};
    for (const Task& task : tasks) progress.bytes_total += task.text_bytes;
    const std::size_t threads = std::min(std::max<std::size_t>(options_.threads, 1), tasks.size());
    Crew crew(
        tasks, threads,
        [&] {
          return std::make_unique<BlockSearch>(plan_, choice, prefilter, decoders, store_, sources);
        },
        store_.first_seq());
    Merger merger(plan_, stages);
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      if (options_.stopped && options_.stopped())
        return base::fail("search-21", "the search was told to stop");
      TRY(BlockFound found, crew.take());
      summary_.matched += found.matched;
      summary_.bytes += found.text_bytes;
      summary_.decoded += found.decoded;
      summary_.blocks_skipped += found.skipped;
      summary_.blocks_filtered += found.skipped;
      if (figures) {
        figures->merge(*found.figures);
        if (figures->overflow()) return std::unexpected(too_much());
      } else {
        const auto rest =
            i + 1 < tasks.size() ? std::optional(tasks[i + 1].max_time) : std::nullopt;
        TRY(const bool more, merger.take(std::move(found.rows), rest));
        if (!more) return {};
      }
      progress.blocks = i + 1;
      progress.events += tasks[i].events;
      progress.bytes += tasks[i].text_bytes;
      if (options_.on_progress) options_.on_progress(progress);
    }
    return {};
  }

 private:
  const store::Store& store_;
  const Plan& plan_;
  const SearchOptions& options_;
  SearchSummary& summary_;
  std::vector<event::Lockout> lockouts_;  // by time
};

}  // namespace

Result<SearchSummary> search(const store::Store& store, Query query, const SearchOptions& options,
                             const OnRow& on_row) {
  const auto plan = make_plan(std::move(query), options.span, options.limit, options.with_raw);
  SearchSummary summary;
  Stages stages(plan->query, plan->first_stage, [&](Row row) {
    if (!on_row(std::move(row))) return false;
    ++summary.rows;
    return options.limit == 0 || summary.rows < options.limit;
  });
  std::optional<Aggregation> figures;
  if (plan->stats != nullptr) figures.emplace(*plan->stats, plan->query.fields);
  Search run(store, *plan, options, summary);
  TRY(const std::vector<Task> tasks, run.tasks(figures));
  if (!tasks.empty()) {
    TRY(const auto decoders, Decoders::of(store, plan->query, options.cache));
    event::SourceTable sources;
    TRY_VOID(store.load_sources(sources));
    if (may_have_literals(plan->query.filter, plan->query.fields)) {
      TRY(const auto readings, decoders->between(Seq(1), store.last_seq()));
      find_literals(plan->query.filter, plan->query.fields, readings);
    }
    const BlockChoice choice(plan->query.filter);
    const Prefilter prefilter(plan->query.filter);
    TRY_VOID(run.run(tasks, *decoders, sources, choice, prefilter, figures, stages));
  }
  if (figures) (void)stages.take_all(figures->rows());
  TRY_VOID(stages.finish());
  return summary;
}

}  // namespace tocsin::search
