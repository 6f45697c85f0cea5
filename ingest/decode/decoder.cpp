#include "ingest/decode/decoder.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ingest/decode/body.hpp"
#include "ingest/decode/field_writer.hpp"
#include "ingest/decode/header_writer.hpp"
#include "ingest/decode/structured_body.hpp"
#include "ingest/syslog/syslog_parser.hpp"

namespace tocsin::ingest {

namespace {

using event::Anomaly;

// Bodies gathered for one Hyperscan scan: they and its tables stay in the second-level cache.
constexpr std::size_t gather_size = 32 * 1024;

bool is_live(event::Transport transport) {
  return transport != event::Transport::file && transport != event::Transport::stdin_;
}

std::string_view without_outer_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) {
    text.remove_suffix(1);
  }
  return text;
}

// Solaris puts "[ID 800047 auth.info] " before each message.
std::string_view without_message_id(std::string_view text) {
  if (!text.starts_with("[ID ")) [[likely]] {
    return text;
  }
  const std::size_t close = text.substr(0, 64).find("] ");
  return close == std::string_view::npos ? text : text.substr(close + 2);
}

// The set without those that speak of a missing syslog header.
event::Anomalies without_header_defects(event::Anomalies anomalies) {
  std::uint64_t bits = anomalies.bits();
  for (const Anomaly anomaly : {Anomaly::no_pri, Anomaly::no_time, Anomaly::no_host}) {
    bits &= ~(std::uint64_t{1} << static_cast<unsigned>(anomaly));
  }
  return event::Anomalies(bits);
}

}  // namespace

std::string_view name_of(Undecoded reason) {
  constexpr std::array<std::string_view, undecoded_count> names = {"no_decoder", "no_pattern",
                                                                   "no_header", "invalid_body"};
  return names[static_cast<std::size_t>(reason)];
}

std::string_view name_of(BodyKind kind) {
  constexpr std::array<std::string_view, body_kind_count> names = {
      "pattern", "json", "audit", "cef", "key_value", "xml", "snare"};
  return names[static_cast<std::size_t>(kind)];
}

void DecodeCounters::add(const DecodeCounters& other) {
  events += other.events;
  decoded += other.decoded;
  skipped += other.skipped;
  for (std::size_t i = 0; i < undecoded.size(); ++i) undecoded[i] += other.undecoded[i];
  for (std::size_t i = 0; i < bodies.size(); ++i) bodies[i] += other.bodies[i];
  for (std::size_t i = 0; i < anomalies.size(); ++i) anomalies[i] += other.anomalies[i];
}

class Decoder::Work {
 public:
  Work(const DecoderSet& set, const event::FieldTable& names, const event::SourceTable& sources,
       const DecoderOptions& options)
      : set_(set),
        names_(names),
        sources_(sources),
        parser_(options.syslog, options.read_zone),
        zones_(options.read_zone),
        options_(options.syslog),
        scratch_(set.literals()),
        anomaly_field_(names.find("tocsin.anomaly")) {
    gathered_.resize(gather_size + event::text_padding);
  }

  void decode(event::Batch& batch) {
    batch_ = &batch;
    counters_ = {};
    locals_.forget();
    source_ = nullptr;
    batch.events.assign(batch.frames.size(), event::Event{});
    batch.fields.reserve(batch.frames.size() * 12);
    for (std::size_t i = 0; i < batch.frames.size(); ++i) decode_frame(i);
    decode_pending();
    counters_.events = batch.frames.size();
    batch_ = nullptr;
  }

  [[nodiscard]] const DecodeCounters& counters() const { return counters_; }

  void want(std::vector<bool> shapes) {
    wanted_ = std::move(shapes);
    scopes_wanted_.clear();
  }

 private:
  enum class Format : std::uint8_t { any, syslog, json, audit };
  // A program that was met, and its scope.
  struct Known {
    std::uint64_t hash = 0;
    std::string name;
    std::int16_t facility = -1;
    ScopeId scope = 0;
  };
  // A message that needs the scan.
  struct Pending {
    std::uint32_t index;
    ScopeId scope;
    std::uint32_t end;  // in gathered_
    std::string_view body;
    SyslogHeader header;
  };

  void decode_frame(std::size_t index) {
    const event::Frame& frame = batch_->frames[index];
    event::Event& event = batch_->events[index];
    const event::Source& source = source_of(frame);
    const std::string_view raw = batch_->raw(index);
    event.anomalies = frame.anomalies;
    if (format_ != Format::syslog && decode_bare_body(raw, index)) return;
    SyslogHeader& header = header_;
    parser_.parse(raw, source, frame.received, header);
    event.time = header.time;
    event.has_time = header.has_time;
    event.anomalies.merge(header.anomalies);

    const bool bare = header.form == HeaderForm::none;
    const ScopeId scope = bare ? set_.bare_scope() : scope_of(header);
    const std::string_view body = header.repeated.empty() ? header.message : header.repeated;
    if (const auto kind = recognise_body(body)) {
      begin_event(header, event);
      if (!decode_structured(*kind, body, index, set_.scope(scope).other)) {
        finish_undecoded(event, set_.scope(scope).other, Undecoded::invalid_body);
      }
      return;
    }
    const std::string_view text = without_message_id(without_outer_blanks(body));
    if (!wanted_.empty() && time_stands(event) && !is_wanted(scope) && !looks_like_pairs(text))
      return skip(event, set_.scope(scope).other);
    decode_by_patterns(index, scope, text, bare);
  }

  const event::Source& source_of(const event::Frame& frame) {
    if (source_ == nullptr || frame.source != source_id_) {
      source_ = &sources_[frame.source];
      source_id_ = frame.source;
      format_ = source_->format == "json"     ? Format::json
                : source_->format == "audit"  ? Format::audit
                : source_->format == "syslog" ? Format::syslog
                                              : Format::any;
    }
    return *source_;
  }

  BodyContext context(event::Event& event) { return {*batch_, event, names_, locals_}; }

  // ---- structured bodies

  // A frame that is JSON, XML, Snare's or an audit record as a whole, without a syslog header.
  bool decode_bare_body(std::string_view raw, std::size_t index) {
    BodyKind kind = format_ == Format::audit ? BodyKind::audit : BodyKind::json;
    if (format_ == Format::any) {
      const auto recognised = recognise_body(raw);
      if (!recognised || recognised == BodyKind::cef) return false;
      kind = *recognised;
    }
    event::Event& event = batch_->events[index];
    begin_fields(event);
    event.time = base::EventTime(batch_->frames[index].received.value);
    event.has_time = is_live(source_->transport);
    if (!decode_structured(kind, raw, index, event::ShapeId(0))) {
      context(event).add(event::field::message, raw);
      finish_undecoded(event, event::ShapeId(0), Undecoded::invalid_body);
    }
    if (source_->transport == event::Transport::internal) [[unlikely]] {
      event.kind = event::EventKind::own;
      event.logsource = set_.own_logsource();
    }
    return true;
  }

  // False when the body is not of that form; then the event is as before, but for the anomaly.
  bool decode_structured(BodyKind kind, std::string_view body, std::size_t index,
                         event::ShapeId other) {
    event::Event& event = batch_->events[index];
    BodyContext to = context(event);
    const event::Event before = event;
    if (bodies_.decode(kind, body, to) != BodyResult::decoded) {
      const event::Anomalies anomalies = event.anomalies;
      event = before;
      event.anomalies = anomalies;
      return false;
    }
    if (event.has_time && (!before.has_time || event.time != before.time)) {
      if (bodies_.time_is_local(kind)) event.time = in_zone(event.time);
      judge_time(batch_->frames[index], event);
    }
    event::ShapeId shape = set_.body_shape(kind);
    const BodySorter& sorter = set_.sorter(kind);
    if (!sorter.empty()) {
      if (const BodyRule* rule = sorter.sort(*batch_, event, values_)) {
        sorter.write(*rule, values_, to);
        write_texts(*rule, to);
        shape = rule->shape;
      }
    }
    set_shape(event, shape.value != 0 ? shape : other);
    event.decoder = shape.value != 0 ? set_.shape(shape).decoder.c_str() : name_of(kind).data();
    finish_decoded(event, kind);
    return true;
  }

  // What the rule's patterns read from the body's message.
  void write_texts(const BodyRule& rule, BodyContext& to) {
    if (rule.texts.empty()) return;
    std::string_view message;
    for (const event::Field& field : batch_->own_fields(to.event)) {
      if (field.name == event::field::message) message = field.value();
    }
    for (const RuleNumber number : rule.texts) {
      if (set_.rule(number).match(message, captures_)) {
        return write_fields(set_.rule(number), captures_, to);
      }
    }
  }

  // ---- patterns

  ScopeId scope_of(const SyslogHeader& header) {
    // Neighbours mostly have few programs; a small table answers before the set's map is asked.
    const std::uint64_t hash = base::keyed_hash(header.program, 0);
    Known& known = known_[hash % known_.size()];
    if (known.hash == hash && known.facility == header.facility && known.name == header.program) {
      return known.scope;
    }
    const ScopeId scope = set_.scope_of(header.program, header.facility);
    if (header.program.size() <= 64) {
      known.hash = hash;
      known.facility = header.facility;
      known.name.assign(header.program);
      known.scope = scope;
    }
    return scope;
  }

  void decode_by_patterns(std::size_t index, ScopeId scope_id, std::string_view body, bool bare) {
    event::Event& event = batch_->events[index];
    const Scope& scope = set_.scope(scope_id);
    if (body.size() >= 4) {
      for (const DecoderSet::Candidate& candidate : set_.by_head(scope_id, body.data())) {
        const Rule& rule = set_.rule(candidate.rule);
        // A line without header may pass over rules, so that none begins where another stopped.
        if (bare ? !fits(rule, body, bare)
                 : !rule.extractor->match(body, captures_, trail_, candidate.shared)) {
          continue;
        }
        return take_rule(rule, header_, index, bare);
      }
    }
    if (scope.scans && !body.empty()) return gather(index, scope_id, body);
    begin_event(header_, event);
    try_unguarded(scope, body, index, bare);
  }

  bool fits(const Rule& rule, std::string_view body, bool bare) {
    if (bare && !rule.bare_literal.empty() &&
        body.find(rule.bare_literal) == std::string_view::npos) {
      return false;
    }
    return rule.match(body, captures_);
  }

  void gather(std::size_t index, ScopeId scope, std::string_view body) {
    if (gathered_used_ + body.size() + 1 > gather_size) decode_pending();
    if (body.size() + 1 > gathered_.size() - gathered_used_) {
      gathered_.resize(gathered_used_ + body.size() + 1 + event::text_padding);
    }
    std::memcpy(gathered_.data() + gathered_used_, body.data(), body.size());
    gathered_used_ += body.size();
    gathered_[gathered_used_] = '\n';
    pending_.push_back({static_cast<std::uint32_t>(index), scope,
                        static_cast<std::uint32_t>(gathered_used_), body, header_});
    ++gathered_used_;
  }

  // One scan over what was gathered; hits are walked in step with the messages.
  void decode_pending() {
    if (pending_.empty()) return;
    hits_.clear();
    scratch_.scan({gathered_.data(), gathered_used_}, hits_);
    std::size_t hit = 0;
    for (const Pending& pending : pending_) {
      candidates_.clear();
      const Scope& scope = set_.scope(pending.scope);
      for (; hit < hits_.size() && hits_[hit].end <= pending.end; ++hit) {
        for (const RuleNumber rule : set_.by_literal(hits_[hit].id)) {
          if (scope.has(rule)) candidates_.push_back(rule);
        }
      }
      decode_candidates(pending, scope);
    }
    pending_.clear();
    gathered_used_ = 0;
  }

  void decode_candidates(const Pending& pending, const Scope& scope) {
    event::Event& event = batch_->events[pending.index];
    source_of(batch_->frames[pending.index]);
    const bool bare = pending.header.form == HeaderForm::none;
    if (candidates_.size() > 1) {
      std::sort(candidates_.begin(), candidates_.end());
      candidates_.erase(std::unique(candidates_.begin(), candidates_.end()), candidates_.end());
    }
    for (const RuleNumber number : candidates_) {
      const Rule& rule = set_.rule(number);
      if (fits(rule, pending.body, bare))
        return take_rule(rule, pending.header, pending.index, bare);
    }
    begin_event(pending.header, event);
    try_unguarded(scope, pending.body, pending.index, bare);
  }

  void try_unguarded(const Scope& scope, std::string_view body, std::size_t index, bool bare) {
    for (const RuleNumber number : scope.unguarded) {
      const Rule& rule = set_.rule(number);
      if (fits(rule, body, bare)) return write_rule(rule, index, bare);
    }
    event::Event& event = batch_->events[index];
    if (looks_like_pairs(body)) {
      const event::Anomalies before = event.anomalies;
      if (decode_structured(BodyKind::key_value, body, index, scope.other)) return;
      event.anomalies = before;
    }
    if (scope.complete) event.anomalies.set(Anomaly::decoder_mismatch);
    Undecoded reason = Undecoded::no_pattern;
    if (bare) {
      reason = Undecoded::no_header;
    } else if (&scope == &set_.scope(0)) {
      reason = Undecoded::no_decoder;
    }
    finish_undecoded(event, scope.other, reason);
  }

  void take_rule(const Rule& rule, const SyslogHeader& header, std::size_t index, bool bare) {
    event::Event& event = batch_->events[index];
    if (!wanted_.empty() && !wanted_[rule.shape.value] && time_stands(event))
      return skip(event, rule.shape);
    begin_event(header, event);
    write_rule(rule, index, bare);
  }

  // ---- what nobody wants

  // Nothing that a pattern reads from the body changes the event's time.
  [[nodiscard]] bool time_stands(const event::Event& event) const {
    return is_live(source_->transport) ? !event.anomalies.has(Anomaly::no_time) : event.has_time;
  }

  // Whether any pattern of the scope, or what none fits, has a shape that is wanted.
  bool is_wanted(ScopeId id) {
    if (id >= scopes_wanted_.size()) scopes_wanted_.resize(id + 1);
    std::optional<bool>& known = scopes_wanted_[id];
    if (!known) {
      const Scope& scope = set_.scope(id);
      known = wanted_[scope.other.value];
      for (RuleNumber rule = 0; !*known && rule < scope.members.size() * 64; ++rule)
        known = scope.has(rule) && wanted_[set_.rule(rule).shape.value];
    }
    return *known;
  }

  void skip(event::Event& event, event::ShapeId shape) {
    begin_fields(event);
    set_shape(event, shape);
    ++counters_.skipped;
  }

  void write_rule(const Rule& rule, std::size_t index, bool bare) {
    event::Event& event = batch_->events[index];
    BodyContext to = context(event);
    write_fields(rule, captures_, to);
    if (captures_.has_time && states_time(rule)) set_body_time(index, event);
    if (bare) event.anomalies = without_header_defects(event.anomalies);
    set_shape(event, rule.shape);
    event.decoder = set_.shape(rule.shape).decoder.c_str();
    finish_decoded(event, BodyKind::pattern);
  }

  [[nodiscard]] bool states_time(const Rule& rule) const {
    for (std::size_t i = 0; i < rule.slots.size(); ++i) {
      if (rule.slots[i].use == EmitSlot::Use::time) return captures_.values[i].data != nullptr;
    }
    return false;
  }

  // ---- time

  const Zone& zone() { return zones_.zone(zones_.index(source_->zone)); }

  // A local time that was read as if in UTC.
  base::EventTime in_zone(base::EventTime time) {
    std::int64_t seconds = time.value / base::ns_per_second;
    std::int64_t fraction = time.value % base::ns_per_second;
    if (fraction < 0) {
      fraction += base::ns_per_second;
      --seconds;
    }
    return base::EventTime(zone().to_utc(seconds) * base::ns_per_second + fraction);
  }

  // The body's time counts where no header states one.
  void set_body_time(std::size_t index, event::Event& event) {
    if (time_stands(event)) return;
    const event::Frame& frame = batch_->frames[index];
    const auto instant = resolve_time(captures_.time, zone(), source_->year_from, frame.received);
    if (!instant) {
      event.anomalies.set(Anomaly::bad_time);
      return;
    }
    if (captures_.time.leap_second) event.anomalies.set(Anomaly::leap_second);
    if (instant->other_year) event.anomalies.set(Anomaly::year_inferred);
    event.time = base::EventTime(instant->ns);
    event.has_time = true;
    judge_time(frame, event);
  }

  // A live sender's time that is too far from its reception is not believed.
  void judge_time(const event::Frame& frame, event::Event& event) {
    if (!is_live(source_->transport)) return;
    const __int128 ahead = static_cast<__int128>(event.time.value) - frame.received.value;
    if (ahead > options_.max_future.count() || -ahead > options_.max_past.count()) {
      event.anomalies.set(Anomaly::clock_skew);
      event.time = base::EventTime(frame.received.value);
    }
  }

  // ---- the event

  void begin_fields(event::Event& event) {
    event.first_field = static_cast<std::uint32_t>(batch_->fields.size());
  }

  void begin_event(const SyslogHeader& header, event::Event& event) {
    begin_fields(event);
    BodyContext to = context(event);
    write_header(header, options_.max_elements, options_.max_parameters, to);
  }

  void set_shape(event::Event& event, event::ShapeId id) {
    const Shape& shape = set_.shape(id);
    event.shape = id;
    event.logsource = shape.logsource;
    event.constants = shape.constants.data();
    event.constant_count = static_cast<std::uint16_t>(shape.constants.size());
  }

  void finish_decoded(event::Event& event, BodyKind kind) {
    ++counters_.decoded;
    ++counters_.bodies[static_cast<std::size_t>(kind)];
    finish(event);
  }

  void finish_undecoded(event::Event& event, event::ShapeId shape, Undecoded reason) {
    set_shape(event, shape);
    ++counters_.undecoded[static_cast<std::size_t>(reason)];
    finish(event);
  }

  void finish(event::Event& event) {
    if (event.anomalies.empty()) [[likely]] {
      return;
    }
    for (std::size_t i = 0; i < event::anomaly_count; ++i) {
      if (event.anomalies.has(static_cast<Anomaly>(i))) ++counters_.anomalies[i];
    }
    BodyContext to = context(event);
    write_anomalies(anomaly_field_, to);
  }

  const DecoderSet& set_;
  const event::FieldTable& names_;
  const event::SourceTable& sources_;
  SyslogParser parser_;
  ZoneSet zones_;
  SyslogOptions options_;
  LiteralScratch scratch_;
  event::FieldId anomaly_field_;
  StructuredBodies bodies_{set_.body_names()};
  BodyValues values_;
  LocalNames locals_;
  DecodeCounters counters_;

  event::Batch* batch_ = nullptr;
  const event::Source* source_ = nullptr;
  event::SourceId source_id_;
  Format format_ = Format::any;
  SyslogHeader header_;
  Captures captures_;
  Trail trail_;
  std::array<Known, 256> known_;

  std::vector<char> gathered_;
  std::size_t gathered_used_ = 0;
  std::vector<Pending> pending_;
  std::vector<LiteralHit> hits_;
  std::vector<RuleNumber> candidates_;

  std::vector<bool> wanted_;  // by ShapeId; empty: all
  std::vector<std::optional<bool>> scopes_wanted_;
};

Decoder::Decoder(const DecoderSet& set, const event::FieldTable& names,
                 const event::SourceTable& sources, const DecoderOptions& options)
    : work_(std::make_unique<Work>(set, names, sources, options)) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;

void Decoder::want(std::vector<bool> shapes) { work_->want(std::move(shapes)); }
void Decoder::decode(event::Batch& batch) { work_->decode(batch); }
const DecodeCounters& Decoder::counters() const { return work_->counters(); }

}  // namespace tocsin::ingest
