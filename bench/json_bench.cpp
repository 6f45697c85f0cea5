// How long a JSON event takes to become fields: real Windows events, 256 KiB to a batch.
// Needs TOCSIN_DATA (a folder with windows/otrf/*.ndjson); checks the number of values against
// simdjson's own tree before it measures.
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "ingest/decode/json.hpp"

namespace {

using namespace tocsin;

std::vector<std::string> read_lines(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".ndjson") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> lines;
  for (const auto& file : files) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
  }
  return lines;
}

std::size_t leaves(simdjson::dom::element element) {
  std::size_t count = 0;
  if (element.is_object()) {
    for (const auto [key, value] : element.get_object()) count += leaves(value);
  } else if (element.is_array()) {
    for (const auto value : element.get_array()) count += leaves(value);
  } else {
    count = 1;
  }
  return count;
}

}  // namespace

int main() {
  const char* data = std::getenv("TOCSIN_DATA");
  if (data == nullptr) {
    fmt::print(stderr, "json_bench: TOCSIN_DATA is not set\n");
    return 2;
  }
  const std::vector<std::string> lines =
      read_lines(std::filesystem::path(data) / "windows" / "otrf");
  std::vector<event::Batch> batches(1);
  std::size_t bytes = 0;
  for (const std::string& line : lines) {
    if (batches.back().text_size() > 256 * 1024) batches.emplace_back();
    batches.back().add_frame(line, event::SourceId(), base::ReceivedTime());
    bytes += line.size();
  }

  event::FieldTable names;
  ingest::LocalNames locals;
  ingest::JsonBody json;
  auto decode_all = [&] {
    std::size_t fields = 0;
    for (event::Batch& batch : batches) {
      locals.forget();
      batch.fields.clear();
      batch.local_names.clear();
      batch.arena.clear();
      for (std::size_t i = 0; i < batch.frames.size(); ++i) {
        event::Event event;
        event.first_field = static_cast<std::uint32_t>(batch.fields.size());
        ingest::BodyContext context{batch, event, names, locals};
        if (json.decode(batch.raw(i), context) != ingest::BodyResult::decoded) std::abort();
      }
      fields += batch.fields.size();
    }
    return fields;
  };

  std::size_t wanted = 0;
  simdjson::dom::parser parser;
  for (const std::string& line : lines) {
    const simdjson::dom::element root = parser.parse(line);
    wanted += leaves(root);
    std::string_view text;
    // `msg` or `log` where there is no message gives one field more.
    if (root["message"].error() && (!root["msg"].get(text) || !root["log"].get(text))) ++wanted;
  }
  const std::size_t fields = decode_all();
  if (fields != wanted) {
    fmt::print(stderr, "json_bench: {} fields instead of {}\n", fields, wanted);
    return 1;
  }

  double best = 1e9;
  for (int round = 0; round < 15; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    decode_all();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    best = std::min(best, took.count());
  }
  fmt::print("windows/otrf: {} events of {} bytes, {:.1f} fields: {:.0f} ns/event, {:.0f} MB/s\n",
             lines.size(), bytes / lines.size(),
             static_cast<double>(fields) / static_cast<double>(lines.size()),
             best * 1e9 / static_cast<double>(lines.size()),
             static_cast<double>(bytes) / best / 1e6);
  return 0;
}
