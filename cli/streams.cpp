#include "cli/streams.hpp"

#include <cerrno>
#include <string>

#include "base/error.hpp"
#include "cli/commands.hpp"

namespace tocsin::cli {

void put(std::FILE* to, std::string_view text) { std::fwrite(text.data(), 1, text.size(), to); }

void put_line(std::FILE* to, std::string_view text) {
  put(to, text);
  std::fputc('\n', to);
}

std::optional<base::Error> write_file(const std::string& path, std::string_view text) {
  errno = 0;
  std::FILE* const file = std::fopen(path.c_str(), "wb");
  const bool written =
      file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const int reason = errno;
  if (file != nullptr && std::fclose(file) == 0 && written) return std::nullopt;
  return base::Error{
      "cli-5", "cannot be written: " + base::system_text(reason != 0 ? reason : errno), {path}};
}

int finish_output(const Streams& streams, int code) {
  errno = 0;
  const bool flushed = std::fflush(streams.out) == 0;
  const int reason = errno;
  if (flushed && std::ferror(streams.out) == 0) return code;
  std::string said = "tocsin: error: the output could not be written";
  // An earlier write may have failed; the reason is then no longer known.
  if (reason != 0) said += ": " + base::system_text(reason);
  put_line(streams.err, said);
  return code == exit_code::ok ? exit_code::findings : code;
}

}  // namespace tocsin::cli
