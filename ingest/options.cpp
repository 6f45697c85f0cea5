#include "ingest/options.hpp"

#include <array>

namespace tocsin::ingest {

namespace {

const std::array<base::Option<FrameLimits>, 2> frame_rows = {{
    {&FrameLimits::max_frame,
     {.key = "max_frame",
      .unit = "bytes",
      .sentence = "A longer message is cut here and marked frame_truncated.",
      .min = 480,
      .max = 1 << 20}},
    {&FrameLimits::max_discard,
     {.key = "max_discard",
      .unit = "bytes",
      .sentence =
          "A message longer than max_frame is read to its end and cut; longer than this, and the "
          "connection is closed.",
      .min = 0,
      .max = 1 << 30}},
}};

const std::array<base::Option<SyslogOptions>, 4> syslog_rows = {{
    {&SyslogOptions::max_future,
     {.key = "max_future",
      .unit = "duration",
      .sentence = "A live message that states a time further ahead of its reception gets the time "
                  "of reception and is marked clock_skew.",
      .min = 0,
      .restart = false}},
    {&SyslogOptions::max_past,
     {.key = "max_past",
      .unit = "duration",
      .sentence = "A live message that states a time further before its reception gets the time "
                  "of reception and is marked clock_skew.",
      .min = 0,
      .restart = false}},
    {&SyslogOptions::max_elements,
     {.key = "max_elements",
      .unit = "elements",
      .sentence = "Structured data beyond this many elements stays in the raw text only.",
      .min = 1,
      .max = 1024,
      .restart = false}},
    {&SyslogOptions::max_parameters,
     {.key = "max_parameters",
      .unit = "parameters",
      .sentence = "Structured data beyond this many parameters stays in the raw text only.",
      .min = 1,
      .max = 65536,
      .restart = false}},
}};

}  // namespace

std::span<const base::Option<FrameLimits>> frame_option_rows() { return frame_rows; }
std::span<const base::Option<SyslogOptions>> syslog_option_rows() { return syslog_rows; }

}  // namespace tocsin::ingest
