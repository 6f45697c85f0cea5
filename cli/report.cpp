#include "cli/report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/streams.hpp"

namespace tocsin::cli {

void print_errors(std::FILE* to, const base::Errors& errors, std::string_view kind,
                  std::size_t limit) {
  for (std::size_t i = 0; i < std::min(errors.size(), limit); ++i)
    put_line(to, fmt::format("tocsin: {}: {}", kind, base::printable(to_string(errors[i]))));
  if (errors.size() > limit) {
    put_line(to, fmt::format("tocsin: {}: and {} more; `tocsin check` shows them all", kind,
                             errors.size() - limit));
  }
}

void print_errors_json(std::FILE* to, const base::Errors& errors, std::string_view severity) {
  for (const base::Error& error : errors) {
    std::string line;
    base::JsonWriter(line)
        .begin_object()
        .member("severity", severity)
        .member("file", std::string_view(error.origin.name))
        .member("line", error.origin.line)
        .member("column", error.origin.column)
        .member("code", std::string_view(error.code))
        .member("sentence", std::string_view(error.sentence))
        .end_object();
    put_line(to, line);
  }
}

int exit_code_of(const base::Errors& errors, int otherwise) {
  const bool refused = std::any_of(errors.begin(), errors.end(), [](const base::Error& error) {
    if (error.code == "ingest-106" || error.code == "console-5") return true;
    // The words of EACCES and EPERM: a sentence that quotes the system has no code of its own.
    return error.sentence.find("Permission denied") != std::string::npos ||
           error.sentence.find("Operation not permitted") != std::string::npos ||
           error.sentence.find("belongs to another user") != std::string::npos;
  });
  return refused ? exit_code::permission : otherwise;
}

std::string counted(std::uint64_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

}  // namespace tocsin::cli
