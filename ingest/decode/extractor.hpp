// A pattern compiled to a short program that verifies a body and cuts its values as views.
// Path:      Pattern -> Extractor; body -> Captures
// Units:     bytes
// Threads:   immutable, safe; Captures belong to one worker
// Errors:    none; a body either fits whole or not at all. Work is bounded by the body's size: a
//            body that needs more trials than the budget does not fit
// Source:    docs/decoders.md, "How a pattern is matched"
// Tested by: tests/ingest/decode/extractor_test.cpp
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/decode/pattern.hpp"
#include "ingest/decode/value_reader.hpp"

namespace tocsin::ingest {

// Bodies must have this many readable bytes behind them (Batch::text has).
inline constexpr std::size_t extractor_padding = 16;

struct Captures {
  std::array<CapturedValue, max_captures> values;
  StatedTime time;
  bool has_time = false;
};

// How far the front of a body was read, so that the next pattern that is tried goes on where it
// parts from the one before. Belongs to one worker.
class Trail {
 private:
  friend class Extractor;
  static constexpr std::size_t most_steps = 8;
  static constexpr std::size_t most_places = 6;

  std::array<const char*, most_steps + 1> at_;  // where each step began
  std::size_t reached_ = 0;                     // steps that fit
  // Where the word at `from_` may end: each place of `first_`, then a blank or the end.
  const char* from_ = nullptr;
  char first_ = 0;
  std::size_t known_ = 0;
  std::array<const char*, most_places> places_;
};

class Extractor {
 public:
  explicit Extractor(const Pattern& pattern);

  // True when the whole of `body` fits; then out.values[i] is the i-th capture of the pattern.
  bool match(std::string_view body, Captures& out) const;
  // The same, after another pattern was tried on this body with this trail and these captures, and
  // did not fit; `shared` is shared_steps() with it. 0: it is the first.
  bool match(std::string_view body, Captures& out, Trail& trail, std::size_t shared) const;
  // Steps at the front that both patterns begin with.
  [[nodiscard]] std::size_t shared_steps(const Extractor& other) const;

  // In the order of the pattern's text, those in groups included.
  [[nodiscard]] const std::vector<CaptureTarget>& targets() const { return targets_; }
  // The literal text that every body begins with; may be empty.
  [[nodiscard]] const std::string& head() const { return head_; }
  // Literal texts that every body holds, in their order.
  [[nodiscard]] const std::vector<std::string>& literals() const { return literals_; }

 private:
  enum class Code : std::uint8_t {
    literal,
    word,       // up to a blank or what follows
    word_then,  // the same, one literal follows; takes it too
    text,
    text_then,
    last,
    typed,  // the value says itself where it ends
    host,
    rest,
    group,          // tries what is inside, then goes on without it
    group_literal,  // the same; the inside begins with this literal
    accept,
  };
  enum class Outcome : std::uint8_t {
    no,
    never,  // no later place can fit either
    yes,
  };
  struct Literal {
    std::string text;
    alignas(16) std::array<char, 16> front{};  // its first bytes
    std::uint32_t mask = 0;                    // a bit for each byte of front that counts
  };
  struct Op {
    Code code;
    CaptureType type = CaptureType::word;
    std::uint8_t slot = 0;
    bool end_fits = false;        // the body's end may follow
    std::uint8_t first_slot = 0;  // of a group
    std::uint8_t last_slot = 0;   // one past
    std::uint16_t skip = 0;       // of a group: where to go on without it
    const Literal* literal = nullptr;
    const Literal* const* follow = nullptr;  // literals that may follow
    std::uint32_t follow_count = 0;
  };
  struct Run {
    const char* end;
    Captures& out;
    std::int64_t budget;
  };
  struct Following {
    std::vector<const Literal*> literals;
    bool end = true;
  };

  void compile(const std::vector<Element>& elements, std::size_t from,
               const std::vector<Element>& after);
  void compile_capture(const CaptureTarget& target, const Following& following,
                       bool literal_is_next);
  Following following(const std::vector<Element>& elements, std::size_t from,
                      const std::vector<Element>& after);
  const Literal* intern(const std::string& text);
  void count_steps();

  Outcome run(std::size_t index, const char* at, Run& state) const;
  Outcome run_text(std::size_t index, const char* at, Run& state) const;
  Outcome run_last(std::size_t index, const char* at, Run& state) const;
  static bool is_same(const Op& a, const Op& b);
  static const char* word_end(const Op& op, const char* at, const char* end, Trail& trail);
  static const char* word_end(const Op& op, const char* at, const char* end);
  static const char* host_end(const Op& op, const char* at, const char* end, CapturedValue& value);
  static const char* typed_end(const Op& op, const char* at, Run& state, CapturedValue& value);
  static bool fits(const Literal& literal, const char* at, const char* end);
  static bool follows(const Op& op, const char* at, const char* end);

  std::vector<Op> ops_;
  std::size_t steps_ = 0;  // ops at the front that end at one place only, whatever follows
  std::deque<Literal> pool_;
  std::deque<std::vector<const Literal*>> follows_;
  std::vector<CaptureTarget> targets_;
  std::vector<std::string> literals_;
  std::string head_;

 public:
  // Ops point into the pools.
  Extractor(Extractor&&) noexcept = default;
  Extractor(const Extractor&) = delete;
  Extractor& operator=(Extractor&&) = delete;
  Extractor& operator=(const Extractor&) = delete;
};

}  // namespace tocsin::ingest
