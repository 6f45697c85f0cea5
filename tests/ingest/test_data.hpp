// Records of the test data outside the repository (TOCSIN_DATA), for the tests of ingest/.
#pragma once

#include <simdjson.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::ingest::test {

// One line of NDJSON.
class Record {
 public:
  explicit Record(std::string line) : line_(std::move(line)) {}

  // A member, also of a member ("expect.hostname"), as text; numbers as written; "" when missing.
  [[nodiscard]] std::string text(std::string_view path) const {
    simdjson::dom::parser parser;
    simdjson::dom::element element;
    if (!find(parser, path, element)) return {};
    std::string_view string;
    if (element.get(string) == simdjson::SUCCESS) return std::string(string);
    return simdjson::to_string(element);
  }
  [[nodiscard]] bool has(std::string_view path) const {
    simdjson::dom::parser parser;
    simdjson::dom::element element;
    return find(parser, path, element);
  }
  [[nodiscard]] std::vector<std::string> texts(std::string_view path) const {
    simdjson::dom::parser parser;
    simdjson::dom::element element;
    std::vector<std::string> out;
    if (!find(parser, path, element)) return out;
    for (const simdjson::dom::element item : simdjson::dom::array(element))
      out.emplace_back(std::string_view(item));
    return out;
  }
  [[nodiscard]] const std::string& line() const { return line_; }

 private:
  bool find(simdjson::dom::parser& parser, std::string_view path,
            simdjson::dom::element& out) const {
    if (parser.parse(line_).get(out) != simdjson::SUCCESS) return false;
    while (!path.empty()) {
      const std::size_t dot = path.find('.');
      const std::string_view key = path.substr(0, dot);
      if (out[key].get(out) != simdjson::SUCCESS) return false;
      path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
    }
    return true;
  }

  std::string line_;
};

// Empty when TOCSIN_DATA is not set.
inline std::vector<Record> read_records(const std::string& name) {
  std::vector<Record> records;
  const char* folder = std::getenv("TOCSIN_DATA");
  if (folder == nullptr) return records;
  std::ifstream in(std::string(folder) + "/" + name);
  for (std::string line; std::getline(in, line);) records.emplace_back(line);
  return records;
}

}  // namespace tocsin::ingest::test
