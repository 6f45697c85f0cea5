#include "store/block_filter.hpp"

#include <nmmintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "store/checksum.hpp"
#include "store/records.hpp"

namespace tocsin::store {

namespace {

constexpr char filter_version = 1;
constexpr std::size_t header_size = 16;
constexpr std::size_t checksum_at = 12;
// Smaller blocks are soon merged, and cheaper read than asked about.
constexpr std::size_t least_text = 512;
// Of the block's stored bytes.
constexpr std::size_t share = 8;
constexpr std::size_t short_run = 16;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return static_cast<char>(c + ((c >= 'A' && c <= 'Z') ? 'a' - 'A' : 0)); }
bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }
bool is_letter_or_digit(char c) { return is_digit(c) || is_letter(c); }
// Of a letter or digit only: digits have the bit.
char fold(char c) { return static_cast<char>(static_cast<unsigned char>(c) | 0x20U); }
bool is_mark(char c) { return c == '\\' || c == '&' || c == '<' || c == '('; }
bool is_escape(char c) {
  return std::string_view("bfnrt").find(lower(c)) != std::string_view::npos;
}

std::uint64_t mix(std::uint64_t key) {
  key *= 0x9E3779B97F4A7C15U;
  key ^= key >> 32U;
  key *= 0xD6E8FEB86659FD93U;
  return key ^ key >> 32U;
}
// One bit is asked by the upper half, two by both.
std::uint32_t upper_half(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32U); }
std::uint32_t lower_half(std::uint64_t hash) { return static_cast<std::uint32_t>(hash); }

// Kinds of keys that could else be taken for one another.
constexpr std::uint64_t of_runs = 0x5C17A1B3E96D2F41U, of_numbers = 0xA3F05D8B7C16E927U,
                        of_marks = std::uint64_t{1} << 60U;

std::uint64_t read_8(const char* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// `run` is folded, with 8 bytes behind its end that may be read.
template <typename Set>
void whole_run(const char* run, std::size_t size, Set set) {
  std::uint64_t hash = of_runs ^ size;
  for (std::size_t at = 0; at < size; at += 8) {
    const std::uint64_t word = read_8(run + at);
    const std::size_t left = size - at;
    hash = mix(hash ^ (left < 8 ? word & ((std::uint64_t{1} << left * 8) - 1) : word));
  }
  set(upper_half(hash));
  set(lower_half(hash));
}

template <typename Set>
void parts_of_run(const char* run, std::size_t size, Set set) {
  constexpr std::uint64_t letter_bits = 0x40404040;
  for (std::size_t at = 0; at + 4 <= size; ++at) {
    const std::uint64_t word = read_8(run + at);
    if ((word & letter_bits) == letter_bits) {
      set(upper_half(mix(word & 0xFFFFFFFFU)));
    } else if (at + 5 <= size) {
      set(upper_half(mix(word & 0xFFFFFFFFFFU)));
    }
  }
}

// The first dot of numbers stands at `dot`.
template <typename Set>
void numbers_at(std::string_view text, std::size_t dot, Set set) {
  if (dot == 0 || dot + 4 >= text.size() || !is_digit(text[dot - 1])) return;
  if (text[dot + 2] != '.' && text[dot + 3] != '.' && text[dot + 4] != '.') return;
  std::array<char, 8> key{};
  key[0] = text[dot - 1];
  std::size_t at = dot + 1;
  for (std::size_t place = 1; place < 7; place += 3) {
    std::size_t digits = 0;
    for (; at < text.size() && is_digit(text[at]); ++at, ++digits) {
      if (digits == 3) return;
      key[place + digits] = text[at];
    }
    if (digits == 0 || at >= text.size() || text[at] != '.') return;
    ++at;
  }
  if (at >= text.size() || !is_digit(text[at])) return;
  key[7] = text[at];
  const std::uint64_t hash = mix(mix(read_8(key.data())) ^ of_numbers);
  set(upper_half(hash));
  set(lower_half(hash));
}

// Of marks there are few, and a search for a field's value asks for all of them: with one bit each
// one of them would nearly always seem to be there.
template <typename Set>
void mark_at(std::string_view text, std::size_t at, Set set) {
  std::uint64_t key = static_cast<unsigned char>(text[at]);
  if (text[at] == '(') {
    if (at < 4) return;
    for (std::size_t i = at - 4; i < at; ++i) {
      if (!is_letter(text[i])) return;
      key = key << 8U | static_cast<unsigned char>(lower(text[i]));
    }
  } else {
    if (at + 1 >= text.size()) return;
    key = key << 8U | static_cast<unsigned char>(lower(text[at + 1]));
  }
  std::uint64_t hash = of_marks | key;
  for (int pair = 0; pair < 3; ++pair) {
    hash = mix(hash);
    set(upper_half(hash));
    set(lower_half(hash));
  }
}

std::size_t end_of_run(std::string_view text, std::size_t at) {
  while (at < text.size() && is_letter_or_digit(text[at])) ++at;
  return at;
}

// Folded, with room behind it that may be read.
void fold_run(std::string_view run, std::string& out) {
  out.resize(run.size());
  std::ranges::transform(run, out.begin(), fold);
  out.append(8, '\0');
}

// A place in a table of that many bits, all about as often.
std::size_t place_of(std::uint32_t hash, std::uint64_t bits) {
  return static_cast<std::size_t>(hash * bits >> 32U);
}

class Table {
 public:
  explicit Table(std::string& filter)
      : table_(filter.data() + header_size), bits_((filter.size() - header_size) * 8) {}
  void operator()(std::uint32_t hash) const {
    const std::size_t place = place_of(hash, bits_);
    char& byte = table_[place / 8];
    byte = static_cast<char>(static_cast<unsigned char>(byte) | 1U << place % 8);
  }

 private:
  char* table_;
  std::uint64_t bits_;
};

std::uint32_t checksum_of(std::string_view filter) {
  return crc32c(filter.substr(header_size), crc32c(filter.substr(0, checksum_at)));
}

}  // namespace

// ---- asking

FilterText::FilterText(std::string_view text, bool begins, bool ends) {
  const auto set = [this](std::uint32_t hash) { hashes_.push_back(hash); };
  std::string run;
  for (std::size_t at = 0; at < text.size();) {
    if (is_letter_or_digit(text[at])) {
      const std::size_t end = end_of_run(text, at);
      fold_run(text.substr(at, end - at), run);
      const bool is_whole = (at > 0 || begins) && (end < text.size() || ends);
      if (is_whole && end - at >= 2) whole_run(run.data(), end - at, set);
      parts_of_run(run.data(), end - at, set);
      at = end;
      continue;
    }
    // What is beyond ASCII may be written in another case.
    const bool is_sure = at + 1 == text.size() || static_cast<signed char>(text[at + 1]) >= 0;
    if (is_mark(text[at]) && is_sure) mark_at(text, at, set);
    if (text[at] == '.') numbers_at(text, at, set);
    ++at;
  }
}

std::optional<BlockFilter> BlockFilter::read(std::string_view bytes, const BlockInfo& info) {
  if (bytes.size() < header_size + 8 || bytes.size() % 8 != 0) return std::nullopt;
  std::array<std::uint32_t, 4> header;
  std::memcpy(header.data(), bytes.data(), sizeof header);
  if (header[0] != static_cast<std::uint32_t>(filter_version) || header[1] != info.frames ||
      header[2] != info.text_bytes || header[3] != checksum_of(bytes)) {
    return std::nullopt;
  }
  return BlockFilter(bytes.substr(header_size));
}

bool BlockFilter::may_hold(const FilterText& text) const {
  const std::uint64_t bits = table_.size() * 8;
  return std::ranges::all_of(text.hashes_, [this, bits](std::uint32_t hash) {
    const std::size_t place = place_of(hash, bits);
    return (static_cast<unsigned char>(table_[place / 8]) >> place % 8 & 1U) != 0;
  });
}

// ---- making

namespace {

using Bits = std::vector<std::uint64_t>;  // one a byte of the text, and a word behind them

std::size_t next_set(const Bits& bits, std::size_t at) {
  std::size_t word = at / 64;
  std::uint64_t left = bits[word] >> at % 64;
  if (left != 0) return at + static_cast<std::size_t>(std::countr_zero(left));
  while (++word < bits.size()) {
    if (bits[word] != 0) return word * 64 + static_cast<std::size_t>(std::countr_zero(bits[word]));
  }
  return bits.size() * 64;
}

// There is one: the last word is clear.
std::size_t next_clear(const Bits& bits, std::size_t at) {
  std::size_t word = at / 64;
  const std::uint64_t left = ~bits[word] >> at % 64;
  if (left != 0) return at + static_cast<std::size_t>(std::countr_zero(left));
  while (bits[++word] == ~std::uint64_t{0}) {
  }
  return word * 64 + static_cast<std::size_t>(std::countr_one(bits[word]));
}

// The place behind the last clear bit in [begin, end); `begin` where all are set.
std::size_t behind_last_clear(const Bits& bits, std::size_t begin, std::size_t end) {
  while (end > begin) {
    const std::size_t last = end - 1;
    const auto set = static_cast<std::size_t>(std::countl_one(bits[last / 64] << (63 - last % 64)));
    if (set <= last % 64) return std::max(end - set, begin);
    end = last / 64 * 64;
  }
  return begin;
}

__m128i load_16(const char* at) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); }
unsigned where_equal(const __m128i& a, const __m128i& b) {
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(a, b)));
}
std::uint64_t low_of(const __m128i& bytes) {
  return static_cast<std::uint64_t>(_mm_cvtsi128_si64(bytes));
}
std::uint64_t high_of(const __m128i& bytes) {
  return static_cast<std::uint64_t>(_mm_extract_epi64(bytes, 1));
}
std::size_t hash_of(const __m128i& bytes) {
  return _mm_crc32_u64(_mm_crc32_u64(0, low_of(bytes)), high_of(bytes));
}

// How far the text behind `at` is that behind `before`; their first 16 bytes are equal.
std::size_t equal_bytes(std::string_view text, std::size_t before, std::size_t at) {
  std::size_t size = 16;
  for (; at + size + 16 <= text.size(); size += 16) {
    const unsigned equal =
        where_equal(load_16(text.data() + before + size), load_16(text.data() + at + size));
    if (equal != 0xFFFF) return size + static_cast<std::size_t>(std::countr_one(equal));
  }
  while (at + size < text.size() && text[before + size] == text[at + size]) ++size;
  return size;
}

}  // namespace

// Logs repeat themselves: text that stood in the block before sets no new bits. So it is looked for
// as LZ77 does, from the beginnings of runs on, and passed over as far as runs and all else that
// sets bits end within it; and so are single runs that were met before.
struct FilterMaker::Rep {
  struct Run {
    std::uint64_t low = 0, high = 0;  // folded, zero behind the end
    bool operator==(const Run&) const = default;
  };
  static constexpr std::size_t run_slots = 2048, place_slots = 4096;
  static constexpr std::uint32_t nowhere = UINT32_MAX;
  // What a dot or a mark says is decided by fewer bytes behind it, the run of an escape aside.
  static constexpr std::size_t reach = 12;

  std::vector<Run> seen;
  std::vector<std::uint32_t> places;  // beginnings of runs, by the 16 bytes there
  Bits in_run, is_special;
  std::string folded;

  void find_bits(std::string_view text);
  void add_all(std::string_view text, Table set);
  void add_run(std::string_view text, std::size_t begin, std::size_t size, Table set);
  // Dots and marks from that at `at` on; gives the first one behind `end`.
  std::size_t add_special(std::string_view text, std::size_t at, std::size_t end, Table set);
};

FilterMaker::FilterMaker() : rep_(std::make_unique<Rep>()) {}
FilterMaker::~FilterMaker() = default;
FilterMaker::FilterMaker(FilterMaker&&) noexcept = default;
FilterMaker& FilterMaker::operator=(FilterMaker&&) noexcept = default;

void FilterMaker::make(std::string_view text, std::uint32_t frames, std::size_t stored_bytes,
                       std::string& out) {
  out.clear();
  if (text.size() < least_text) return;
  const std::size_t words = std::max<std::size_t>(stored_bytes / share / 8, 3) - header_size / 8;
  out.assign(header_size + words * 8, '\0');
  const std::array<std::uint32_t, 3> header = {filter_version, frames,
                                               static_cast<std::uint32_t>(text.size())};
  std::memcpy(out.data(), header.data(), sizeof header);
  rep_->find_bits(text);
  rep_->add_all(text, Table(out));
  const std::uint32_t checksum = checksum_of(out);
  std::memcpy(out.data() + checksum_at, &checksum, sizeof checksum);
}

// Which bytes are letters or digits, and which are dots or marks. Each half of a byte has the kinds
// that it may be of: the byte is of the one that both have.
void FilterMaker::Rep::find_bits(std::string_view text) {
  constexpr char digit = 1, a_to_o = 2, p_to_z = 4, special_2 = 8, special_35 = 16;
  constexpr char all = digit | p_to_z, low_1_9 = all | a_to_o;
  const __m128i of_low =
      _mm_setr_epi8(all, low_1_9, low_1_9, low_1_9, low_1_9, low_1_9, low_1_9 | special_2, low_1_9,
                    low_1_9 | special_2, low_1_9, a_to_o | p_to_z, a_to_o, a_to_o | special_35,
                    a_to_o, a_to_o | special_2, a_to_o);
  const __m128i of_high =
      _mm_setr_epi8(0, 0, special_2, digit | special_35, a_to_o, p_to_z | special_35, a_to_o,
                    p_to_z, 0, 0, 0, 0, 0, 0, 0, 0);
  const __m128i half = _mm_set1_epi8(0x0F), none = _mm_setzero_si128();
  const __m128i last_of_runs = _mm_set1_epi8(digit | a_to_o | p_to_z);
  const auto look = [&](const char* at, std::size_t word) {
    std::uint64_t runs = 0, special = 0;
    for (unsigned part = 0; part < 64; part += 16) {
      const __m128i bytes = load_16(at + part);
      const __m128i high = _mm_and_si128(_mm_srli_epi16(bytes, 4), half);
      const __m128i kinds =
          _mm_and_si128(_mm_shuffle_epi8(of_low, bytes), _mm_shuffle_epi8(of_high, high));
      const auto any = static_cast<std::uint64_t>(_mm_movemask_epi8(_mm_cmpgt_epi8(kinds, none)));
      const auto marks =
          static_cast<std::uint64_t>(_mm_movemask_epi8(_mm_cmpgt_epi8(kinds, last_of_runs)));
      runs |= (any ^ marks) << part;
      special |= marks << part;
    }
    in_run[word] = runs;
    is_special[word] = special;
  };
  const std::size_t whole = text.size() / 64;
  in_run.resize(whole + 2);
  is_special.resize(whole + 2);
  for (std::size_t word = 0; word < whole; ++word) look(text.data() + word * 64, word);
  std::array<char, 64> rest{};
  std::memcpy(rest.data(), text.data() + whole * 64, text.size() - whole * 64);
  look(rest.data(), whole);
  in_run[whole + 1] = is_special[whole + 1] = 0;
}

void FilterMaker::Rep::add_all(std::string_view text, Table set) {
  seen.assign(run_slots, Run{});
  places.assign(place_slots, nowhere);
  std::size_t special = next_set(is_special, 0);  // dots and marks before this are done with
  for (std::size_t at = next_set(in_run, 0); at < text.size(); at = next_set(in_run, at)) {
    if (at + 16 <= text.size()) {
      const __m128i bytes = load_16(text.data() + at);
      std::uint32_t& place = places[hash_of(bytes) % place_slots];
      const std::uint32_t before = std::exchange(place, static_cast<std::uint32_t>(at));
      if (before != nowhere && where_equal(bytes, load_16(text.data() + before)) == 0xFFFF) {
        const std::size_t end = at + equal_bytes(text, before, at);
        // A run that reaches the end may go on there in another way.
        const std::size_t next = behind_last_clear(in_run, at, end);
        if (next > at) {
          if (special < at) special = add_special(text, special, at, set);
          const std::size_t within = std::max(at, std::min(next - 1, end - reach));
          if (special < within) special = next_set(is_special, within);
          at = next;
          continue;
        }
      }
    }
    const std::size_t end = next_clear(in_run, at);
    add_run(text, at, end - at, set);
    at = end;
  }
  (void)add_special(text, special, text.size(), set);
}

void FilterMaker::Rep::add_run(std::string_view text, std::size_t begin, std::size_t size,
                               Table set) {
  if (size < 2) return;
  if (size > short_run || begin + short_run > text.size()) {
    fold_run(text.substr(begin, size), folded);
    whole_run(folded.data(), size, set);
    parts_of_run(folded.data(), size, set);
    return;
  }
  // The first `size` bytes are those from 16 - size on.
  alignas(16) static constexpr std::array<char, 2 * short_run> kept = [] {
    std::array<char, 2 * short_run> bytes{};
    std::fill(bytes.begin(), bytes.begin() + short_run, '\xFF');
    return bytes;
  }();
  const __m128i bytes = _mm_or_si128(load_16(text.data() + begin), _mm_set1_epi8(0x20));
  const __m128i run = _mm_and_si128(bytes, load_16(kept.data() + short_run - size));
  const Run value{low_of(run), high_of(run)};
  if (std::exchange(seen[hash_of(run) % run_slots], value) == value) return;
  std::array<char, short_run + 8> buffer{};
  std::memcpy(buffer.data(), &value, sizeof value);
  whole_run(buffer.data(), size, set);
  parts_of_run(buffer.data(), size, set);
}

std::size_t FilterMaker::Rep::add_special(std::string_view text, std::size_t at, std::size_t end,
                                          Table set) {
  for (; at < end; at = next_set(is_special, at + 1)) {
    if (text[at] == '.') {
      numbers_at(text, at, set);
      continue;
    }
    mark_at(text, at, set);
    if (text[at] != '\\' || at + 1 >= text.size() || !is_escape(text[at + 1])) continue;
    const std::size_t begin = at + 2, behind = end_of_run(text, begin);
    if (behind < begin + 2) continue;
    fold_run(text.substr(begin, behind - begin), folded);
    whole_run(folded.data(), behind - begin, set);
  }
  return at;
}

// ---- reading

FilterReader::FilterReader(const Database& database) : filters_(database.cursor(Space::filters)) {}

std::optional<BlockFilter> FilterReader::of(const BlockInfo& info) {
  const std::string wanted = key::block(info.first_seq);
  if (filters_.valid() && filters_.key() < wanted) filters_.next();
  if (!filters_.valid() || filters_.key() != wanted) filters_.seek(wanted);
  if (!filters_.valid() || filters_.key() != wanted) return std::nullopt;
  return BlockFilter::read(filters_.value(), info);
}

}  // namespace tocsin::store
