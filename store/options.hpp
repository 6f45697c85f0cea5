// How the store keeps what it is given; the section `store` of the configuration.
// Units:     bytes, durations
// Threads:   a value
// Tested by: tests/store/options_test.cpp
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <string>

#include "base/options.hpp"
#include "base/time.hpp"

namespace tocsin::store {

struct StoreOptions {
  std::string sync = "group";
  base::Nanoseconds sync_interval = std::chrono::milliseconds(50);
  std::size_t write_buffer = std::size_t{32} << 20U;
  std::size_t cache = std::size_t{16} << 20U;
  std::size_t block_size = std::size_t{256} << 10U;
  base::Nanoseconds retention_age{0};
  std::size_t retention_size = 0;
  std::size_t scrub_rate = std::size_t{1} << 20U;
};

inline constexpr std::array<base::Option<StoreOptions>, 8> option_rows = {{
    {&StoreOptions::sync,
     {.key = "sync",
      .unit = "",
      .sentence = "When events become safe from a power cut: group (within sync_interval, and "
                  "before any acknowledgement), always (with each batch), os (when the system "
                  "writes its buffers)",
      .choices = "group|always|os"}},
    {&StoreOptions::sync_interval,
     {.key = "sync_interval",
      .unit = "duration",
      .sentence = "The longest that sync: group leaves an event unsafe",
      .min = 1'000'000,
      .max = 10'000'000'000}},
    {&StoreOptions::write_buffer,
     {.key = "write_buffer",
      .unit = "bytes",
      .sentence = "Log blocks kept in memory before they become a file; up to three times this "
                  "much memory is used",
      .min = 1 << 20,
      .max = std::int64_t{1} << 30}},
    {&StoreOptions::cache,
     {.key = "cache",
      .unit = "bytes",
      .sentence = "Memory for what was read from files",
      .min = 1 << 20,
      .max = std::int64_t{1} << 34}},
    {&StoreOptions::block_size,
     {.key = "block_size",
      .unit = "bytes",
      .sentence = "Raw text that small log blocks are merged up to",
      .min = 4 << 10,
      .max = 4 << 20}},
    {&StoreOptions::retention_age,
     {.key = "retention_age",
      .unit = "duration",
      .sentence = "Events received longer ago than this are removed; 0 keeps them"}},
    {&StoreOptions::retention_size,
     {.key = "retention_size",
      .unit = "bytes",
      .sentence =
          "The oldest events are removed when the store grows beyond this; 0 for no limit"}},
    {&StoreOptions::scrub_rate,
     {.key = "scrub_rate",
      .unit = "bytes",
      .sentence =
          "Bytes a second at which a running daemon reads its files again, to find what the "
          "disk has changed; 0: not at all",
      .max = std::int64_t{1} << 40}},
}};

}  // namespace tocsin::store
