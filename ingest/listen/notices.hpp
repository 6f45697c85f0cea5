// What the inputs tell the operator, so rarely that no sender can fill a disk with it.
// Path:      inputs -> one line of text -> whoever logs (engine)
// Units:     ns
// Threads:   one (the thread of the inputs)
// Errors:    none
// Source:    BAD-INPUT class 21
// Tested by: tests/ingest/listen/notices_test.cpp
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace tocsin::ingest {

class Notices {
 public:
  using Sink = std::function<void(const std::string& line)>;
  static constexpr std::uint32_t burst = 5;  // lines of one input and kind
  static constexpr std::chrono::seconds period{60};

  // Without a sink nothing is said.
  Notices(Sink sink, const base::Clock& clock) : sink_(std::move(sink)), clock_(clock) {}

  // `kind` is a word of the code. Text of strangers must be made printable by the caller.
  void say(std::string_view input, std::string_view kind, std::string_view text);

 private:
  struct Spoken {
    std::chrono::nanoseconds since{};
    std::uint32_t said = 0;
    std::uint64_t unsaid = 0;
  };

  Sink sink_;
  const base::Clock& clock_;
  std::map<std::string, Spoken, std::less<>> spoken_;  // inputs times kinds: few
};

}  // namespace tocsin::ingest
