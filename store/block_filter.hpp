// What the text of a block may hold, in an eighth of the block's bytes: asked before it is read.
// Path:      store/block (beside the block) -> store/store -> FilterReader -> search, back-tests
// Units:     bytes
// Threads:   a FilterMaker belongs to one thread; everything else: values
// Errors:    none: bytes that are damaged, of another version or of another block are no filter,
//            and a block without one may hold anything
// Source:    B. Bloom, "Space/time trade-offs in hash coding with allowable errors", CACM 1970
// Tested by: tests/store/block_filter_test.cpp, tests/search/agreement_test.cpp
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/block.hpp"
#include "store/database.hpp"

// A filter is a header of 16 bytes and a table of bits. Little-endian:
//    0  1  version (1)
//    1  3  zero
//    4  4  frames of the block      8  4  text bytes of the block
//   12  4  CRC-32C of all other bytes
//   16  .  the table: 64-bit words
// What sets bits is found in the text with ASCII letters in lower case. A run is of ASCII letters
// and digits, as long as it gets; so one that stands in a text looked for, with something else at
// both of its ends, is a run of every line that has the text.
//   run of 2 bytes or more, and behind an escape (`\n` or the like) the run but its first byte:
//                            two bits of its hash
//   each 4 letters of a run; where there is a digit among them, each 5 letters and digits: one bit
//   numbers with dots between them, a.b.c.d, of b and c at most 3 digits each: two bits of the last
//                            digit of a, b, c, and the first digit of d
//   a backslash, `&` or `<` and the byte behind it, `(` and 4 letters before it: six bits
// All but the runs of a text stand in whatever that text is a part of: values of fields whose ends
// in the line nobody knows are asked by them.
namespace tocsin::store {

// A text that a line holds, as the bits that it sets.
class FilterText {
 public:
  // Letters of ASCII in any case. `begins`, `ends`: it is known that no letter or digit stands
  // before (or only that of an escape), behind it.
  explicit FilterText(std::string_view text, bool begins = false, bool ends = false);

  // Nothing is known of such a text: every block may hold it.
  [[nodiscard]] bool is_open() const { return hashes_.empty(); }

 private:
  friend class BlockFilter;
  std::vector<std::uint32_t> hashes_;
};

// A view of stored bytes.
class BlockFilter {
 public:
  // Nothing when the bytes are not those of a filter of this block.
  [[nodiscard]] static std::optional<BlockFilter> read(std::string_view bytes,
                                                       const BlockInfo& info);
  // Never false for a text that stands in a line of the block.
  [[nodiscard]] bool may_hold(const FilterText& text) const;

 private:
  explicit BlockFilter(std::string_view table) : table_(table) {}
  std::string_view table_;
};

class FilterMaker {
 public:
  FilterMaker();
  ~FilterMaker();
  FilterMaker(FilterMaker&&) noexcept;
  FilterMaker& operator=(FilterMaker&&) noexcept;

  // Replaces `out` by the filter of a block of `frames` frames with this text (each frame and a
  // line feed) that is stored in `stored_bytes`; empty when the block is too small to be worth it.
  void make(std::string_view text, std::uint32_t frames, std::size_t stored_bytes,
            std::string& out);

 private:
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

// Filters of blocks, best asked for in the order of the log. Made after the index of these blocks
// was read: a block may be merged with others meanwhile, and a filter may be of more than its block
// but never of less. Must not outlive the store.
class FilterReader {
 public:
  explicit FilterReader(const Database& database);

  // Good until the next call. Nothing: the block has none, or none that can be trusted: it may hold
  // anything.
  [[nodiscard]] std::optional<BlockFilter> of(const BlockInfo& info);

 private:
  Cursor filters_;
};

}  // namespace tocsin::store
