#include "ingest/decode/extractor.hpp"

#include <emmintrin.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/check.hpp"
#include "ingest/decode/find_text.hpp"

namespace tocsin::ingest {

// ---- compiling

Extractor::Extractor(const Pattern& pattern) {
  compile(pattern.elements, 0, {});
  Op accept{};
  accept.code = Code::accept;
  ops_.push_back(accept);
  count_steps();
  for (const Element& element : pattern.elements) {
    if (element.kind == Element::Kind::literal) literals_.push_back(element.literal);
  }
  const Element& front = pattern.elements.front();
  if (front.kind == Element::Kind::literal) head_ = front.literal;
}

const Extractor::Literal* Extractor::intern(const std::string& text) {
  for (const Literal& literal : pool_) {
    if (literal.text == text) return &literal;
  }
  Literal& literal = pool_.emplace_back();
  literal.text = text;
  const std::size_t size = std::min<std::size_t>(text.size(), 16);
  std::memcpy(literal.front.data(), text.data(), size);
  literal.mask = (std::uint32_t{1} << size) - 1U;
  return &literal;
}

// What can stand where elements[from] begins, `after` being what follows the elements.
Extractor::Following Extractor::following(const std::vector<Element>& elements, std::size_t from,
                                          const std::vector<Element>& after) {
  Following out;
  for (const auto* list : {&elements, &after}) {
    for (std::size_t i = list == &elements ? from : 0; i < list->size(); ++i) {
      const Element& element = (*list)[i];
      if (element.kind == Element::Kind::group) {
        const Element& front = element.group.front();
        if (front.kind == Element::Kind::literal) out.literals.push_back(intern(front.literal));
        continue;
      }
      if (element.kind == Element::Kind::literal) out.literals.push_back(intern(element.literal));
      out.end = false;
      return out;
    }
  }
  return out;
}

void Extractor::compile(const std::vector<Element>& elements, std::size_t from,
                        const std::vector<Element>& after) {
  for (std::size_t i = from; i < elements.size(); ++i) {
    const Element& element = elements[i];
    switch (element.kind) {
      case Element::Kind::literal: {
        Op op{};
        op.code = Code::literal;
        op.literal = intern(element.literal);
        ops_.push_back(op);
        break;
      }
      case Element::Kind::capture: {
        const bool literal_is_next =
            i + 1 < elements.size() && elements[i + 1].kind == Element::Kind::literal;
        compile_capture(element.target, following(elements, i + 1, after), literal_is_next);
        break;
      }
      case Element::Kind::group: {
        std::vector<Element> rest(elements.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                  elements.end());
        const std::size_t place = ops_.size();
        Op op{};
        op.code = Code::group;
        op.first_slot = static_cast<std::uint8_t>(targets_.size());
        if (element.group.front().kind == Element::Kind::literal) {
          op.code = Code::group_literal;
          op.literal = intern(element.group.front().literal);
        }
        ops_.push_back(op);
        compile(element.group, op.code == Code::group_literal ? 1 : 0, rest);
        ops_[place].skip = static_cast<std::uint16_t>(ops_.size());
        ops_[place].last_slot = static_cast<std::uint8_t>(targets_.size());
        break;
      }
    }
  }
}

void Extractor::compile_capture(const CaptureTarget& target, const Following& following,
                                bool literal_is_next) {
  Op op{};
  op.type = target.type;
  op.slot = static_cast<std::uint8_t>(targets_.size());
  op.end_fits = following.end;
  follows_.push_back(following.literals);
  op.follow = follows_.back().data();
  op.follow_count = static_cast<std::uint32_t>(following.literals.size());
  if (literal_is_next) op.literal = following.literals.front();
  switch (target.type) {
    case CaptureType::word:
    case CaptureType::dash:
      op.code = literal_is_next ? Code::word_then : Code::word;
      break;
    case CaptureType::text:
      op.code = literal_is_next ? Code::text_then : Code::text;
      break;
    case CaptureType::last:
      op.code = Code::last;
      break;
    case CaptureType::host:
      op.code = Code::host;
      break;
    case CaptureType::rest:
    case CaptureType::key_value:
      op.code = Code::rest;
      break;
    default:
      op.code = Code::typed;
      break;
  }
  targets_.push_back(target);
  ops_.push_back(op);
}

void Extractor::count_steps() {
  while (steps_ < Trail::most_steps) {
    const Op& op = ops_[steps_];
    const bool is_step = op.code == Code::literal || op.code == Code::word ||
                         op.code == Code::word_then || op.code == Code::host ||
                         (op.code == Code::typed && !is_time(op.type));
    if (!is_step) return;
    ++steps_;
  }
}

bool Extractor::is_same(const Op& a, const Op& b) {
  const auto same_text = [](const Literal* left, const Literal* right) {
    return left == right || (left != nullptr && right != nullptr && left->text == right->text);
  };
  return a.code == b.code && a.type == b.type && a.slot == b.slot && a.end_fits == b.end_fits &&
         same_text(a.literal, b.literal) &&
         std::equal(a.follow, a.follow + a.follow_count, b.follow, b.follow + b.follow_count,
                    same_text);
}

std::size_t Extractor::shared_steps(const Extractor& other) const {
  std::size_t shared = 0;
  while (shared < std::min(steps_, other.steps_) && is_same(ops_[shared], other.ops_[shared]))
    ++shared;
  return shared;
}

// ---- running

bool Extractor::match(std::string_view body, Captures& out) const {
  out.has_time = false;
  const auto units = static_cast<std::int64_t>(body.size() / 64);
  Run state{body.data() + body.size(), out, 4096 + 4 * units};
  return run(0, body.data(), state) == Outcome::yes;
}

bool Extractor::match(std::string_view body, Captures& out, Trail& trail,
                      std::size_t shared) const {
  // What stopped the pattern before stops this one too.
  if (trail.reached_ < shared) return false;
  if (shared == 0) {
    trail.at_[0] = body.data();
    trail.from_ = nullptr;
  }
  out.has_time = false;
  const auto units = static_cast<std::int64_t>(body.size() / 64);
  Run state{body.data() + body.size(), out, 4096 + 4 * units};
  const char* at = trail.at_[shared];
  for (std::size_t step = shared; step < steps_; ++step) {
    const Op& op = ops_[step];
    const char* next = nullptr;
    CapturedValue& value = out.values[op.slot];
    switch (op.code) {
      case Code::literal:
        if (fits(*op.literal, at, state.end)) next = at + op.literal->text.size();
        break;
      case Code::host:
        next = host_end(op, at, state.end, value);
        break;
      case Code::typed:
        next = typed_end(op, at, state, value);
        break;
      default:
        next = word_end(op, at, state.end, trail);
        if (next == nullptr) break;
        value = {at, static_cast<std::uint32_t>(next - at), false, false};
        if (op.type == CaptureType::dash && value.size == 1 && *at == '-') value.size = 0;
        break;
    }
    if (next == nullptr) {
      trail.reached_ = step;
      return false;
    }
    trail.at_[step + 1] = at = next;
  }
  trail.reached_ = steps_;
  return run(steps_, at, state) == Outcome::yes;
}

inline bool Extractor::fits(const Literal& literal, const char* at, const char* end) {
  const std::size_t size = literal.text.size();
  if (static_cast<std::size_t>(end - at) < size) return false;
  const __m128i wanted = _mm_load_si128(reinterpret_cast<const __m128i*>(literal.front.data()));
  const __m128i there = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  const auto mask = static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(wanted, there)));
  if ((mask & literal.mask) != literal.mask) return false;
  return size <= 16 || std::memcmp(at + 16, literal.text.data() + 16, size - 16) == 0;
}

inline bool Extractor::follows(const Op& op, const char* at, const char* end) {
  if (at == end) return op.end_fits;
  for (std::uint32_t i = 0; i < op.follow_count; ++i) {
    if (fits(*op.follow[i], at, end)) return true;
  }
  return false;
}

// Where a word that begins at `at` ends; nullptr when nothing that may follow does.
const char* Extractor::word_end(const Op& op, const char* at, const char* end) {
  if (op.follow_count == 1) {
    const Literal& literal = *op.follow[0];
    const char first = literal.text.front();
    const char* place = find_blank_or(first, at, end);
    while (place != end) {
      if (*place == first && place != at && fits(literal, place, end)) return place;
      if (*place == ' ' || *place == '\t') return nullptr;
      place = find_blank_or(first, place + 1, end);
    }
    return op.end_fits && place != at ? place : nullptr;
  }
  for (const char* place = at;; ++place) {
    if (place != at && follows(op, place, end)) return place;
    if (place == end || *place == ' ' || *place == '\t') return nullptr;
  }
}

// The same; where words of other patterns might have ended is not looked for again.
const char* Extractor::word_end(const Op& op, const char* at, const char* end, Trail& trail) {
  if (op.follow_count != 1) return word_end(op, at, end);
  const Literal& literal = *op.follow[0];
  const char first = literal.text.front();
  if (trail.from_ != at || trail.first_ != first) {
    trail.from_ = at;
    trail.first_ = first;
    trail.known_ = 0;
  }
  const char* place = at;
  for (std::size_t i = 0;; ++i) {
    if (i < trail.known_) {
      place = trail.places_[i];
    } else {
      place = find_blank_or(first, place, end);
      if (i < trail.places_.size()) trail.places_[trail.known_++] = place;
    }
    if (place == end) return op.end_fits && place != at ? place : nullptr;
    if (*place == first && place != at && fits(literal, place, end)) return place;
    if (*place == ' ' || *place == '\t') return nullptr;
    ++place;
  }
}

const char* Extractor::host_end(const Op& op, const char* at, const char* end,
                                CapturedValue& value) {
  std::string_view address;
  const char* next = read_ip(at, end, address);
  if (next != nullptr && follows(op, next, end)) {
    value = {address.data(), static_cast<std::uint32_t>(address.size()), true, false};
    return next;
  }
  next = word_end(op, at, end);
  if (next == nullptr || !is_host_name({at, static_cast<std::size_t>(next - at)})) return nullptr;
  value = {at, static_cast<std::uint32_t>(next - at), false, false};
  if (value.text() == "-") value.size = 0;
  return next;
}

const char* Extractor::typed_end(const Op& op, const char* at, Run& state, CapturedValue& value) {
  const char* end = state.end;
  const char* next = nullptr;
  value = {at, 0, false, false};
  switch (op.type) {
    case CaptureType::ip: {
      std::string_view address;
      next = read_ip(at, end, address);
      value = {address.data(), static_cast<std::uint32_t>(address.size()), true, false};
      return next;
    }
    case CaptureType::integer:
      next = read_integer(at, end);
      break;
    case CaptureType::number:
      next = read_number(at, end);
      break;
    case CaptureType::hex:
      next = read_hex(at, end);
      break;
    case CaptureType::port:
      next = read_port(at, end);
      break;
    case CaptureType::quoted: {
      if (at == end || *at != '"') return nullptr;
      for (const char* place = ++at; place < end; ++place) {
        if (*place == '"') {
          value.data = at;
          value.size = static_cast<std::uint32_t>(place - at);
          return place + 1;
        }
        if (*place == '\\') {
          value.escaped = true;
          ++place;
        }
      }
      return nullptr;
    }
    case CaptureType::bracketed: {
      if (at == end || *at != '[') return nullptr;
      const auto* close =
          static_cast<const char*>(std::memchr(at, ']', static_cast<std::size_t>(end - at)));
      if (close == nullptr) return nullptr;
      value.data = at + 1;
      value.size = static_cast<std::uint32_t>(close - at - 1);
      return close + 1;
    }
    default:
      CHECK(is_time(op.type), "a capture type that the extractor does not know");
      next = read_time_as(op.type, at, end, state.out.time);
      state.out.has_time = next != nullptr;
      break;
  }
  if (next != nullptr) value.size = static_cast<std::uint32_t>(next - at);
  return next;
}

Extractor::Outcome Extractor::run(std::size_t index, const char* at, Run& state) const {
  const char* const end = state.end;
  for (;;) {
    const Op& op = ops_[index];
    switch (op.code) {
      case Code::literal:
        if (!fits(*op.literal, at, end)) return Outcome::no;
        at += op.literal->text.size();
        ++index;
        continue;
      case Code::word_then:
      case Code::word: {
        const char* next = word_end(op, at, end);
        if (next == nullptr) return Outcome::no;
        CapturedValue& value = state.out.values[op.slot];
        value = {at, static_cast<std::uint32_t>(next - at), false, false};
        if (op.type == CaptureType::dash && value.size == 1 && *at == '-') value.size = 0;
        at = next;
        ++index;
        if (op.code == Code::word_then) {
          at += op.literal->text.size();
          ++index;
        }
        continue;
      }
      case Code::typed: {
        const char* next = typed_end(op, at, state, state.out.values[op.slot]);
        if (next == nullptr) return Outcome::no;
        at = next;
        ++index;
        continue;
      }
      case Code::host: {
        const char* next = host_end(op, at, end, state.out.values[op.slot]);
        if (next == nullptr) return Outcome::no;
        at = next;
        ++index;
        continue;
      }
      case Code::rest:
        state.out.values[op.slot] = {at, static_cast<std::uint32_t>(end - at), false, false};
        return Outcome::yes;
      case Code::group_literal:
      case Code::group: {
        // Each group there or not there: as many ways as two to the power of groups.
        if (--state.budget < 0) return Outcome::never;
        bool tries = true;
        const char* inside = at;
        if (op.code == Code::group_literal) {
          tries = fits(*op.literal, at, end);
          if (tries) inside = at + op.literal->text.size();
        }
        if (tries && run(index + 1, inside, state) == Outcome::yes) return Outcome::yes;
        for (std::size_t slot = op.first_slot; slot < op.last_slot; ++slot) {
          state.out.values[slot] = {};
        }
        index = op.skip;
        continue;
      }
      case Code::text_then:
      case Code::text:
        return run_text(index, at, state);
      case Code::last:
        return run_last(index, at, state);
      case Code::accept:
        return at == end ? Outcome::yes : Outcome::no;
    }
  }
}

Extractor::Outcome Extractor::run_text(std::size_t index, const char* at, Run& state) const {
  const Op& op = ops_[index];
  CapturedValue& value = state.out.values[op.slot];
  const bool one = op.code == Code::text_then;
  const char* place = at;
  for (;;) {
    const char* from = place;
    const char* found = nullptr;
    for (std::uint32_t i = 0; i < op.follow_count; ++i) {
      const char* stop = found == nullptr ? state.end : found;
      // A literal that begins before `found` may end behind it.
      const auto reach = static_cast<std::ptrdiff_t>(op.follow[i]->text.size()) - 1;
      if (found != nullptr) stop = std::min(state.end, found + reach);
      const char* candidate = find_first(op.follow[i]->text, place, stop);
      if (candidate != nullptr) found = candidate;
    }
    if (found == nullptr && op.end_fits) found = state.end;
    state.budget -= 1 + ((found == nullptr ? state.end : found) - from) / 64;
    if (found == nullptr || state.budget < 0) return Outcome::never;
    value = {at, static_cast<std::uint32_t>(found - at), false, false};
    const Outcome outcome =
        one ? run(index + 2, found + op.literal->text.size(), state) : run(index + 1, found, state);
    if (outcome != Outcome::no) return outcome;
    if (found == state.end) return Outcome::never;
    place = found + 1;
  }
}

Extractor::Outcome Extractor::run_last(std::size_t index, const char* at, Run& state) const {
  const Op& op = ops_[index];
  CapturedValue& value = state.out.values[op.slot];
  if (op.end_fits) {
    value = {at, static_cast<std::uint32_t>(state.end - at), false, false};
    if (run(index + 1, state.end, state) == Outcome::yes) return Outcome::yes;
  }
  const char* stop = state.end;  // candidates begin before it
  for (;;) {
    const char* found = nullptr;
    for (std::uint32_t i = 0; i < op.follow_count; ++i) {
      const std::string& text = op.follow[i]->text;
      const auto reach = static_cast<std::ptrdiff_t>(text.size()) - 1;
      const char* candidate =
          find_last(text, found == nullptr ? at : found + 1, std::min(state.end, stop + reach));
      if (candidate != nullptr) found = candidate;
    }
    state.budget -= 1 + (stop - (found == nullptr ? at : found)) / 64;
    if (found == nullptr || state.budget < 0) return Outcome::never;
    value = {at, static_cast<std::uint32_t>(found - at), false, false};
    if (run(index + 1, found, state) == Outcome::yes) return Outcome::yes;
    stop = found;
  }
}

}  // namespace tocsin::ingest
