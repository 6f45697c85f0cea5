#include "cli/rule_meter.hpp"

#include <chrono>
#include <deque>
#include <memory>
#include <set>
#include <utility>

#include "event/source.hpp"
#include "ingest/decode/audit_join.hpp"
#include "ingest/decode/decoder.hpp"
#include "rules/matcher.hpp"

namespace tocsin::cli {

namespace {

constexpr std::uint64_t most_sampled = 10'000;

class Meter {
 public:
  explicit Meter(const engine::Setup& setup)
      : packs_(setup.packs),
        pipeline_(*setup.pipeline),
        decoder_(*pipeline_.decoders, pipeline_.fields, sources_),
        matcher_(pipeline_.rules, pipeline_.logsources, pipeline_.fields),
        join_(pipeline_.fields,
              pipeline_.decoders->shape(pipeline_.decoders->body_shape(ingest::BodyKind::audit))
                  .logsource) {
    out_.hits.resize(pipeline_.rules->size());
    out_.evaluations.resize(pipeline_.rules->size());
    matcher_.count_evaluations(out_.evaluations);
  }

  void read(const engine::FileFeedOptions& options) {
    const auto feed = engine::FileFeed::open(options, sources_, nullptr, nullptr);
    if (!feed) {
      out_.errors.push_back(feed.error());
      return;
    }
    auto work = std::make_unique<engine::Work>();
    while ((*feed)->next(*work)) {
      count(work->batch);
      if (out_.sample < most_sampled && !work->batch.events.empty()) {
        out_.sample += work->batch.events.size();
        sampled_.push_back(std::exchange(work, std::make_unique<engine::Work>()));
      } else {
        work->clear();
      }
    }
    join_.flush_end(joined_);
    count_joined();
    out_.errors = (*feed)->errors();
  }

  void time(const std::string& file) {
    std::vector<base::SourceText> texts;
    for (const base::SourceText& text : packs_.rules) {
      if (text.name == file) texts.push_back(text);
    }
    event::FieldTable fields = pipeline_.fields;
    const auto alone =
        rules::RuleSet::load(texts, fields, pipeline_.decoders->fixed_fields(), packs_.lists).rules;
    rules::Matcher matcher(alone, pipeline_.logsources, fields);
    for (const auto& work : sampled_) work->batch.detections.clear();
    const auto start = std::chrono::steady_clock::now();
    for (const auto& work : sampled_) matcher.match(work->batch);
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
    if (out_.sample > 0) out_.ns_per_event[file] = took.count() / static_cast<double>(out_.sample);
  }

  Measured result() { return std::move(out_); }

 private:
  void count(event::Batch& batch) {
    decoder_.decode(batch);
    matcher_.match(batch);
    for (const event::Detection& detection : batch.detections) ++out_.hits[detection.rule.value];
    for (std::size_t i = 0; i < batch.events.size(); ++i) {
      if (batch.events[i].kind != event::EventKind::part) ++out_.events;
      join_.add(batch, i, joined_);
    }
    count_joined();
  }
  void count_joined() {
    for (std::size_t i = 0; i < joined_.batch.events.size(); ++i) {
      met_.clear();
      matcher_.match_event(joined_.batch, joined_.batch.events[i], joined_.batch.raw(i), met_);
      for (const event::RuleIndex rule : met_) ++out_.hits[rule.value];
      ++out_.events;
    }
    if (!joined_.empty()) joined_.clear();
  }

  const engine::PackTexts& packs_;
  const engine::Pipeline& pipeline_;
  event::SourceTable sources_;
  ingest::Decoder decoder_;
  rules::Matcher matcher_;
  ingest::AuditJoin join_;
  ingest::AuditJoined joined_;
  std::deque<std::unique_ptr<engine::Work>> sampled_;
  std::vector<event::RuleIndex> met_;
  Measured out_;
};

}  // namespace

Measured measure_rules(const engine::Setup& setup, const engine::FileFeedOptions& events,
                       std::span<const std::string> files) {
  Meter meter(setup);
  meter.read(events);
  for (const std::string& file : files) meter.time(file);
  return meter.result();
}

}  // namespace tocsin::cli
