#include "search/decoders.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "base/scan_database.hpp"
#include "engine/options.hpp"
#include "engine/stages.hpp"

namespace tocsin::search {

using base::Result;
using event::Seq;

namespace {

// Items of an epoch that decide what a frame is decoded to (engine/epochs.hpp writes them).
constexpr std::string_view decoder_kind = "decoder";
constexpr std::string_view options_kind = "options";
constexpr std::string_view zone_kind = "zone";

bool decodes(const store::EpochItem& item) {
  return item.kind == decoder_kind || item.kind == options_kind || item.kind == zone_kind;
}

// Equal where frames are decoded alike. A pack that moved to another path says the same; a zone is
// asked for by its name.
base::Sha256 decoding_hash(const store::Epoch& epoch) {
  std::string named;
  for (const store::EpochItem& item : epoch.items) {
    if (!decodes(item)) continue;
    named += item.kind;
    if (item.kind == zone_kind) named += item.name;
    named += '\0';
    named.append(reinterpret_cast<const char*>(item.hash.data()), item.hash.size());
  }
  return base::sha256(named);
}

}  // namespace

Result<std::unique_ptr<Decoders>> Decoders::of(const store::Store& store, const Query& query,
                                               std::shared_ptr<base::DiskCache> cache) {
  std::unique_ptr<Decoders> out(new Decoders(store, query, std::move(cache)));
  TRY(auto epochs, store.epochs());
  for (store::Epoch& epoch : epochs) {
    const base::Sha256 hash = decoding_hash(epoch);
    if (!out->spans_.empty() && out->spans_.back().hash == hash) continue;
    // Two epochs behind one frame: the later one holds.
    if (!out->spans_.empty() && out->spans_.back().from == epoch.from) out->spans_.pop_back();
    out->spans_.push_back({epoch.from, hash, std::move(epoch)});
  }
  if (out->spans_.empty())
    return base::fail("engine-6", "the store does not say by which decoders its log was read");
  return out;
}

const Decoders::Span& Decoders::span_at(Seq seq) const {
  const auto behind = std::ranges::upper_bound(spans_, seq, {}, &Span::from);
  return behind == spans_.begin() ? spans_.front() : *(behind - 1);
}

Seq Decoders::next_border(Seq seq) const {
  const auto behind = std::ranges::upper_bound(spans_, seq, {}, &Span::from);
  return behind == spans_.end() ? Seq(std::numeric_limits<std::uint64_t>::max()) : behind->from;
}

Result<const Reading*> Decoders::at(Seq seq) {
  const Span& span = span_at(seq);
  const std::lock_guard lock(mutex_);
  auto& reading = readings_[span.hash];
  if (!reading) {
    TRY(reading, compile(span.epoch));
  }
  return reading.get();
}

Result<std::vector<const Reading*>> Decoders::between(Seq from, Seq to) {
  std::vector<const Reading*> out;
  for (Seq seq = from; seq <= to; seq = next_border(seq)) {
    TRY(const Reading* reading, at(seq));
    if (std::ranges::find(out, reading) == out.end()) out.push_back(reading);
  }
  return out;
}

Result<std::unique_ptr<const Reading>> Decoders::compile(const store::Epoch& epoch) {
  std::vector<base::SourceText> texts, zones;
  engine::FoldOptions fold;
  for (const store::EpochItem& item : epoch.items) {
    if (!decodes(item)) continue;
    TRY(std::string text, store_.blob(item.hash));
    if (item.kind == options_kind) {
      TRY(fold, engine::parse_fold({item.name, std::move(text)}));
    } else {
      (item.kind == zone_kind ? zones : texts).push_back({item.name, std::move(text)});
    }
  }
  fold.zones = std::move(zones);
  auto reading = std::make_unique<Reading>();
  base::ScanCompiler scans(cache_);
  base::Errors errors;
  reading->decoders = ingest::DecoderSet::compile(texts, reading->fields, reading->logsources,
                                                  errors, &scans, cache_);
  if (!reading->decoders) {
    return base::fail(
        "engine-5",
        fmt::format("the decoders of epoch {} do not compile any more: {}", epoch.number,
                    errors.empty() ? "no reason" : base::to_string(errors.front())));
  }
  reading->options = engine::decoder_options(fold);
  // Known to the table, a name has one number in every batch.
  for (const FieldName& name : query_.fields)
    reading->ids.push_back(reading->fields.intern(name.name));
  return std::unique_ptr<const Reading>(std::move(reading));
}

}  // namespace tocsin::search
