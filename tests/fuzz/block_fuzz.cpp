// Any bytes as a block of the event log, as they are and under right checksums (which an enemy can
// write, and a fuzzer cannot guess): refused, or a batch that makes a block of the same frames.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "store/block.hpp"
#include "store/checksum.hpp"
#include "store/records.hpp"

namespace {

using namespace tocsin;

void decode(std::string_view block) {
  static store::BlockDecoder decoder;
  static store::BlockEncoder encoder;
  static event::Batch batch, again;
  static std::string out;
  const auto info = decoder.decode(block, batch);
  if (!info) {
    if (!batch.frames.empty()) std::abort();
    return;
  }
  if (batch.frames.size() != info->frames || batch.text_size() != info->text_bytes) std::abort();
  encoder.encode(batch, out, info->retention_class);
  store::seal(out, info->first_seq, {info->min_time, info->max_time});
  if (!decoder.decode(out, again) || again.first_seq != batch.first_seq) std::abort();
  if (again.frames.size() != batch.frames.size()) std::abort();
  for (std::size_t i = 0; i < batch.frames.size(); ++i) {
    const event::Frame &a = batch.frames[i], &b = again.frames[i];
    if (again.raw(i) != batch.raw(i) || a.source != b.source || a.received != b.received ||
        a.anomalies != b.anomalies) {
      std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string block(reinterpret_cast<const char*>(data), size);
  decode(block);
  (void)store::decode_block_info(event::Seq(1), block);
  (void)store::decode_epoch(1, block);
  (void)store::decode_stored_alert(block);
  if (size < store::block_header_size) return 0;
  // Sizes that fit what is there: segments and columns as long as the header says, the rest text.
  std::uint32_t columns = 0;
  std::memcpy(&columns, block.data() + 24, 4);
  const std::size_t body = size - store::block_header_size;
  std::uint32_t segments = 0;
  std::memcpy(&segments, block.data() + 72, 4);
  segments = static_cast<std::uint32_t>(segments % (body + 1));
  columns = static_cast<std::uint32_t>(columns % (body - segments + 1));
  const auto text = static_cast<std::uint32_t>(body - segments - columns);
  std::memcpy(block.data() + 72, &segments, 4);
  std::memcpy(block.data() + 24, &columns, 4);
  std::memcpy(block.data() + 16, &text, 4);
  block[0] = 't';
  block[1] = 'b';
  block[2] = static_cast<char>(store::block_version);
  block[3] = static_cast<char>(block[3] & 7);
  const std::uint32_t of_body =
      store::crc32c(std::string_view(block).substr(store::block_header_size));
  std::memcpy(block.data() + 28, &of_body, 4);
  const std::uint32_t of_header = store::crc32c({block.data(), 140});
  std::memcpy(block.data() + 140, &of_header, 4);
  decode(block);
  return 0;
}
