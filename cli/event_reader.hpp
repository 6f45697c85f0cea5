// Lines and files as decoded events, one after the other: what decode and explain look at.
// Path:      lines, standard input, files -> decoder, audit join -> a function
// Threads:   one
// Errors:    files that cannot be read (ingest-N)
// Tested by: tests/cli/event_reader_test.cpp
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "engine/pipeline.hpp"
#include "event/batch.hpp"
#include "event/source.hpp"
#include "ingest/decode/audit_join.hpp"
#include "ingest/decode/decoder.hpp"

namespace tocsin::cli {

struct ReadOptions {
  bool join = false;  // audit records become events; else each record is one
  std::optional<std::int64_t> year;
  std::string zone = "UTC";
  std::string format = "auto";
};

class EventReader {
 public:
  // The event is batch.events[index], its text batch.raw(index); valid during the call.
  using OnEvent = std::function<void(const event::Batch& batch, std::size_t index)>;

  EventReader(const ReadOptions& options, std::shared_ptr<const engine::Pipeline> pipeline,
              OnEvent on_event);

  // `cut`: the line was longer than what is kept of it.
  void add(std::string_view line, bool cut = false);
  // One frame a line, of which at most 256 KiB are kept, as a replay does.
  void read_lines(std::FILE* in);
  // Whole files, as a replay reads them. What was read before an error was given out.
  [[nodiscard]] base::Errors read_files(const std::vector<std::string>& paths);
  // Gives out what still waits; nothing may be added behind it.
  void end();

 private:
  void make_source(std::string_view first_line);
  void flush();
  void give(event::Batch& batch);
  void give_joined();

  ReadOptions options_;
  std::shared_ptr<const engine::Pipeline> pipeline_;
  OnEvent on_event_;
  event::SourceTable sources_;
  ingest::Decoder decoder_;
  ingest::AuditJoin join_;
  ingest::AuditJoined joined_;
  event::Batch batch_;
  event::SourceId source_;
  base::ReceivedTime received_;
};

}  // namespace tocsin::cli
