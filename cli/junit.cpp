#include "cli/junit.hpp"

#include <fmt/format.h>

#include <map>
#include <vector>

#include "base/text.hpp"

namespace tocsin::cli {

namespace {

using Results = std::vector<const engine::PackTestResult*>;

double seconds_of(const engine::PackTestResult& result) {
  return static_cast<double>(result.took.count()) / 1e9;
}

// tests="2" failures="1" time="0.004"
std::string totals(const Results& results) {
  std::size_t failed = 0;
  double seconds = 0;
  for (const engine::PackTestResult* result : results) {
    failed += result->failures.empty() ? 0 : 1;
    seconds += seconds_of(*result);
  }
  return fmt::format("tests=\"{}\" failures=\"{}\" errors=\"0\" time=\"{:.6f}\"", results.size(),
                     failed, seconds);
}

std::string case_xml(const engine::PackTestResult& result) {
  std::string out = fmt::format(
      "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{}\" time=\"{:.6f}\"",
      xml_escaped(result.title), xml_escaped(result.name), xml_escaped(result.origin.name),
      result.origin.line, seconds_of(result));
  if (result.failures.empty()) return out + "/>\n";
  out += ">\n";
  for (const std::string& failure : result.failures) {
    out += fmt::format("      <failure message=\"{}\">{}:{}: rule {}: {}</failure>\n",
                       xml_escaped(failure), xml_escaped(result.origin.name), result.origin.line,
                       xml_escaped(result.rule), xml_escaped(failure));
  }
  return out + "    </testcase>\n";
}

}  // namespace

std::string xml_escaped(std::string_view text) {
  constexpr std::string_view replacement = "\xEF\xBF\xBD";
  std::string out;
  while (!text.empty()) {
    const std::size_t length = base::utf8_length(text);
    const std::string_view one = text.substr(0, length == 0 ? 1 : length);
    text.remove_prefix(one.size());
    const auto c = static_cast<unsigned char>(one.front());
    const bool is_noncharacter = one == "\xEF\xBF\xBE" || one == "\xEF\xBF\xBF";
    if (one == "&") {
      out += "&amp;";
    } else if (one == "<") {
      out += "&lt;";
    } else if (one == ">") {
      out += "&gt;";
    } else if (one == "\"") {
      out += "&quot;";
    } else if (one == "\n" || one == "\t" || one == "\r") {
      out += fmt::format("&#{};", c);
    } else if (length == 0 || c < 0x20 || c == 0x7F || is_noncharacter) {
      out += replacement;
    } else {
      out += one;
    }
  }
  return out;
}

std::string junit_xml(std::span<const engine::PackTestResult> results) {
  Results all;
  std::map<std::string_view, Results> files;
  for (const engine::PackTestResult& result : results) {
    all.push_back(&result);
    files[result.origin.name].push_back(&result);
  }
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"tocsin test\" {}>\n",
      totals(all));
  for (const auto& [file, tests] : files) {
    out += fmt::format("  <testsuite name=\"{}\" {}>\n", xml_escaped(file), totals(tests));
    for (const engine::PackTestResult* test : tests) out += case_xml(*test);
    out += "  </testsuite>\n";
  }
  return out + "</testsuites>\n";
}

}  // namespace tocsin::cli
