// CRC-32C of what the store writes: finds every burst of up to 32 wrong bits.
// Threads:   pure functions
// Errors:    none
// Source:    RFC 3720 appendix B.4 (polynomial 0x1EDC6F41, reflected)
// Tested by: tests/store/checksum_test.cpp
#pragma once

#include <cstdint>
#include <string_view>

namespace tocsin::store {

// About 8 bytes a nanosecond. `start` is the checksum of what stands before `bytes`.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes, std::uint32_t start = 0);

}  // namespace tocsin::store
