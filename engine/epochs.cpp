#include "engine/epochs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tocsin::engine {

namespace {

constexpr std::string_view decoder_kind = "decoder";
constexpr std::string_view rule_kind = "rule";
constexpr std::string_view list_kind = "list";
constexpr std::string_view mapping_kind = "mapping";
constexpr std::string_view options_kind = "options";
constexpr std::string_view zone_kind = "zone";

}  // namespace

store::NewEpoch epoch_record(const Setup& setup, event::Seq from) {
  store::NewEpoch record;
  record.from = from;
  record.engine = engine_version;
  for (const base::SourceText& text : setup.packs.decoders)
    record.texts.push_back({std::string(decoder_kind), text.name, text.text});
  for (const base::SourceText& text : setup.packs.rules)
    record.texts.push_back({std::string(rule_kind), text.name, text.text});
  for (const base::SourceText& text : setup.packs.lists)
    record.texts.push_back({std::string(list_kind), text.name, text.text});
  for (const base::SourceText& text : setup.packs.mappings)
    record.texts.push_back({std::string(mapping_kind), text.name, text.text});
  record.texts.push_back({std::string(options_kind), "options", fold_text(setup.fold)});
  for (const base::SourceText& zone : setup.fold.zones)
    record.texts.push_back({std::string(zone_kind), zone.name, zone.text});
  return record;
}

bool same_epoch(const store::Epoch& epoch, const Setup& setup) {
  const store::NewEpoch today = epoch_record(setup, epoch.from);
  if (epoch.engine != today.engine || epoch.items.size() != today.texts.size()) return false;
  for (std::size_t i = 0; i < today.texts.size(); ++i) {
    const store::EpochItem& item = epoch.items[i];
    const store::EpochText& text = today.texts[i];
    if (item.kind != text.kind || item.hash != base::sha256(text.text)) return false;
    // A pack that moved to another path says the same; a zone is asked for by its name.
    if (item.kind == zone_kind && item.name != text.name) return false;
  }
  return true;
}

bool same_setup(const Setup& a, const Setup& b) {
  const auto texts = [](const Setup& setup) { return epoch_record(setup, event::Seq(1)).texts; };
  return std::ranges::equal(texts(a), texts(b), [](const auto& one, const auto& other) {
    return one.kind == other.kind && one.text == other.text &&
           (one.kind != zone_kind || one.name == other.name);
  });
}

base::Result<Setup> read_epoch(const store::Store& store, const store::Epoch& epoch) {
  if (epoch.engine != engine_version) {
    return base::fail("engine-5", fmt::format("the log from frame {} on was judged by engine "
                                              "version {}, this is version {}: not comparable",
                                              epoch.from.value, epoch.engine, engine_version));
  }
  Setup setup;
  std::vector<base::SourceText> zones;
  for (const store::EpochItem& item : epoch.items) {
    TRY(std::string text, store.blob(item.hash));
    if (item.kind == decoder_kind) {
      setup.packs.decoders.push_back({item.name, std::move(text)});
    } else if (item.kind == rule_kind) {
      setup.packs.rules.push_back({item.name, std::move(text)});
    } else if (item.kind == list_kind) {
      setup.packs.lists.push_back({item.name, std::move(text)});
    } else if (item.kind == mapping_kind) {
      setup.packs.mappings.push_back({item.name, std::move(text)});
    } else if (item.kind == options_kind) {
      TRY(setup.fold, parse_fold({item.name, std::move(text)}));
    } else if (item.kind == zone_kind) {
      zones.push_back({item.name, std::move(text)});
    }
  }
  setup.fold.zones = std::move(zones);
  return setup;
}

base::Result<Setup> load_epoch(const store::Store& store, const store::Epoch& epoch) {
  TRY(Setup setup, read_epoch(store, epoch));
  BuiltPipeline built = build_pipeline(setup.packs);
  if (!built.pipeline) {
    return base::fail(
        "engine-5",
        fmt::format(
            "the decoders of epoch {} do not compile any more: {}", epoch.number,
            built.errors.empty() ? std::string("no reason") : to_string(built.errors.front())));
  }
  setup.pipeline = std::move(built.pipeline);
  return setup;
}

}  // namespace tocsin::engine
