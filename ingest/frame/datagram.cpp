#include "ingest/frame/datagram.hpp"

#include <cstring>

#include "base/text.hpp"

namespace tocsin::ingest {

std::string_view without_terminator(std::string_view bytes) {
  while (!bytes.empty() && (bytes.back() == '\n' || bytes.back() == '\r' || bytes.back() == '\0'))
    bytes.remove_suffix(1);
  return bytes;
}

bool add_datagram(std::string_view bytes, bool truncated, event::Batch& out, event::SourceId source,
                  base::ReceivedTime received, const FrameLimits& limits) {
  bytes = without_terminator(bytes);
  if (bytes.empty()) return false;
  event::Anomalies anomalies;
  if (bytes.size() > limits.max_frame) {
    bytes = base::utf8_prefix(bytes, limits.max_frame);
    truncated = true;
  }
  if (truncated) anomalies.set(event::Anomaly::frame_truncated);
  if (std::memchr(bytes.data(), '\0', bytes.size()) != nullptr)
    anomalies.set(event::Anomaly::frame_nul);
  out.add_frame(bytes, source, received, anomalies);
  return true;
}

}  // namespace tocsin::ingest
