// All decoders of a pipeline, compiled: which patterns are tried for a message, what each gives.
// Path:      base::SourceText of each decoder -> DecoderSet -> ingest/decode/decoder
// Threads:   immutable once compiled, shared by all workers
// Errors:    all at once, with file:line:column; codes of decoder_file, and ingest-14 (two decoders
//            of one name), -15 (a field set twice), -16 (no literal), -17 (too many fields), -21,
//            -30
// Source:    docs/decoders.md; DESIGN section 5
// Tested by: tests/ingest/decode/decoder_set_test.cpp
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/check.hpp"
#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/yaml.hpp"
#include "event/batch.hpp"
#include "event/field.hpp"
#include "event/logsource.hpp"
#include "ingest/decode/body_sorter.hpp"
#include "ingest/decode/compiled_field.hpp"
#include "ingest/decode/decoder_file.hpp"
#include "ingest/decode/extractor.hpp"
#include "ingest/decode/literal_scan.hpp"
#include "ingest/decode/regex_extractor.hpp"

namespace tocsin::ingest {

// What all events that one pattern fits have in common. Shape 0: nothing is known.
struct Shape {
  std::string decoder;
  std::string pattern;  // empty: the decoder's other messages
  event::LogsourceId logsource;
  std::vector<event::Field> constants;
};

struct CompiledValueMap {
  std::vector<std::uint8_t> slots;  // captures of that name
  ValueCases cases;
};
struct CompiledKey {
  std::string key;
  EmitSlot emit;
};

// One text of `match:` (or a `regex:`) with all that it needs to become fields.
struct Rule {
  std::optional<Extractor> extractor;
  std::optional<RegexExtractor> regex;
  event::ShapeId shape;
  std::string bare_literal;  // a line without header must hold it
  std::vector<EmitSlot> slots;
  std::vector<CompiledValueMap> values;
  std::vector<CompiledKey> keys;

  bool match(std::string_view body, Captures& out) const {
    return extractor ? extractor->match(body, out) : regex->match(body, out);
  }
};

using RuleNumber = std::uint32_t;

// The patterns for one program (or a group of programs). Rules are numbered in the order in which
// they are tried.
struct Scope {
  std::vector<std::uint64_t> members;  // a bit for each rule
  std::vector<RuleNumber> unguarded;   // rules without any literal, tried last
  bool scans = false;                  // has rules that a literal inside the body finds
  event::ShapeId other;                // of messages that no pattern fits
  bool complete = false;               // such a message is a decoder_mismatch

  [[nodiscard]] bool has(RuleNumber rule) const {
    return (members[rule / 64] >> (rule % 64) & 1U) != 0;
  }
};
using ScopeId = std::uint32_t;

class DecoderSet {
 public:
  // Field names and log sources go into the tables. nullptr when there were errors. `scans`, where
  // it is given, is asked for the databases, `cache` for the files' trees.
  [[nodiscard]] static std::shared_ptr<const DecoderSet> compile(
      std::span<const base::SourceText> sources, event::FieldTable& fields,
      event::LogsourceTable& logsources, base::Errors& errors, base::ScanCompiler* scans = nullptr,
      const std::shared_ptr<base::DiskCache>& cache = nullptr);

  [[nodiscard]] std::size_t pattern_count() const { return pattern_count_; }
  [[nodiscard]] std::size_t shape_count() const { return shapes_.size(); }
  [[nodiscard]] const Shape& shape(event::ShapeId id) const {
    CHECK(id.value < shapes_.size(), "a shape from another decoder set");
    return shapes_[id.value];
  }
  // Fields that more patterns fix than read from the body, ascending: rules gain little by looking
  // them up in each event.
  [[nodiscard]] const std::vector<event::FieldId>& fixed_fields() const { return fixed_fields_; }
  // The files as read: descriptions, examples.
  [[nodiscard]] const std::vector<DecoderFile>& files() const { return files_; }

  // The scope of a message with a syslog header; facility -1 is not known.
  [[nodiscard]] ScopeId scope_of(std::string_view program, int facility) const;
  [[nodiscard]] ScopeId bare_scope() const { return bare_; }
  [[nodiscard]] const Scope& scope(ScopeId id) const { return scopes_[id]; }
  [[nodiscard]] std::size_t rule_count() const { return rules_.size(); }
  [[nodiscard]] const Rule& rule(RuleNumber number) const { return rules_[number]; }
  // Tells bodies of that kind apart.
  [[nodiscard]] const BodySorter& sorter(BodyKind kind) const {
    return sorters_[static_cast<std::size_t>(kind)];
  }
  // What fields of JSON and XML are called.
  [[nodiscard]] const BodyNames& body_names() const { return body_names_; }
  // The shape of those that it does not know.
  [[nodiscard]] event::ShapeId body_shape(BodyKind kind) const {
    return bodies_[static_cast<std::size_t>(kind)];
  }

  // Of Tocsin's own records: {product: tocsin, service: audit}.
  [[nodiscard]] event::LogsourceId own_logsource() const { return own_logsource_; }

  // A rule to be tried, and the steps at its front that the one before it in the list has too.
  struct Candidate {
    RuleNumber rule = 0;
    std::uint32_t shared = 0;
  };
  // Rules of the scope whose bodies begin with the body's first four bytes.
  [[nodiscard]] std::span<const Candidate> by_head(ScopeId scope, const char* body) const {
    std::uint32_t head;
    std::memcpy(&head, body, sizeof head);
    const std::uint64_t key = std::uint64_t{scope} << 32U | head;
    for (std::size_t at = head_place(key);; at = (at + 1) & (heads_.size() - 1)) {
      const Head& slot = heads_[at];
      if (slot.count == 0) return {};
      if (slot.key == key) return {head_rules_.data() + slot.first, slot.count};
    }
  }
  [[nodiscard]] const LiteralDatabase& literals() const { return literals_; }
  // Rules that the literal with that id guards.
  [[nodiscard]] std::span<const RuleNumber> by_literal(std::uint32_t id) const {
    return {guarded_.data() + guard_first_[id], guard_first_[id + 1] - guard_first_[id]};
  }

 private:
  friend class DecoderSetBuilder;
  struct Head {
    std::uint64_t key = 0;
    std::uint32_t first = 0;
    std::uint32_t count = 0;  // 0: free
  };
  [[nodiscard]] std::size_t head_place(std::uint64_t key) const {
    return static_cast<std::size_t>(key * 0x9E3779B97F4A7C15ULL >> head_shift_);
  }

  std::vector<DecoderFile> files_;
  std::vector<Shape> shapes_;
  std::deque<std::string> constants_;  // values of constant fields
  std::vector<event::FieldId> fixed_fields_;
  std::vector<Rule> rules_;
  std::size_t pattern_count_ = 0;

  std::vector<Scope> scopes_;  // 0: a program that no decoder names
  std::unordered_map<std::string, ScopeId, base::TextHash, std::equal_to<>> programs_;
  std::vector<std::pair<std::string, ScopeId>> prefixes_;  // longest first
  std::array<ScopeId, 24> facilities_{};
  ScopeId bare_ = 0;
  std::array<event::ShapeId, body_kind_count> bodies_{};
  std::array<BodySorter, body_kind_count> sorters_;
  BodyNames body_names_;
  event::LogsourceId own_logsource_;

  std::vector<Head> heads_;
  unsigned head_shift_ = 63;
  std::vector<Candidate> head_rules_;
  LiteralDatabase literals_;
  std::vector<RuleNumber> guarded_;
  std::vector<std::uint32_t> guard_first_;
};

}  // namespace tocsin::ingest
