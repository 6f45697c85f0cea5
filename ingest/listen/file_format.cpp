#include "ingest/listen/file_format.hpp"

#include <cstddef>

#include "ingest/decode/xml.hpp"

namespace tocsin::ingest {

namespace {

constexpr std::string_view evtx_magic{"ElfFile\0", 8};
constexpr std::string_view blanks = " \t\r\n";

std::string_view without_blanks(std::string_view text) {
  const std::size_t at = text.find_first_not_of(blanks);
  return at == std::string_view::npos ? std::string_view() : text.substr(at);
}

// Bytes up to the end of the object at the front of `text`, 0 when it does not end there.
std::size_t object_size(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (--depth == 0) return i + 1;
    }
  }
  return 0;
}

// "type=SYSCALL msg=audit(1364481363.243:24287): ", with or without "node=NAME " before it.
bool is_audit(std::string_view line) {
  if (line.starts_with("node=")) {
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos) return false;
    line.remove_prefix(blank + 1);
  }
  if (!line.starts_with("type=")) return false;
  const std::size_t blank = line.find(' ');
  return blank != std::string_view::npos && line.substr(blank + 1).starts_with("msg=audit(");
}

bool opens_object(std::string_view text) {
  if (!text.starts_with('{')) return false;
  const std::string_view inside = without_blanks(text.substr(1));
  return inside.starts_with('"') || inside.starts_with('}');
}

}  // namespace

FileFormat recognise(std::string_view head) {
  if (head.starts_with(evtx_magic)) return FileFormat::evtx;
  if (head.starts_with("\xef\xbb\xbf")) head.remove_prefix(3);
  head = without_blanks(head);
  if (looks_like_event_xml(head)) return FileFormat::xml_events;
  if (head.starts_with('[') && opens_object(without_blanks(head.substr(1))))
    return FileFormat::json_objects;
  if (opens_object(head)) {
    const std::string_view line = head.substr(0, head.find('\n'));
    const std::size_t size = object_size(line);
    // An object that fills its line; one that is longer than all that was read is taken as such.
    if (size == 0 && line.size() < head.size()) return FileFormat::json_objects;
    if (size == 0) return FileFormat::json_lines;
    return without_blanks(line.substr(size)).empty() ? FileFormat::json_lines
                                                     : FileFormat::json_objects;
  }
  return is_audit(head.substr(0, head.find('\n'))) ? FileFormat::audit : FileFormat::lines;
}

std::string_view source_format(FileFormat format) {
  switch (format) {
    case FileFormat::audit:
      return "audit";
    case FileFormat::json_lines:
    case FileFormat::json_objects:
    case FileFormat::evtx:
      return "json";
    case FileFormat::xml_events:
    case FileFormat::lines:
      break;
  }
  return "auto";
}

std::optional<FileFormat> resolve_format(std::string_view word, std::string_view head) {
  if (word == "auto") return recognise(head);
  if (word == "syslog") return FileFormat::lines;
  if (word == "audit") return FileFormat::audit;
  if (word == "json-lines") return FileFormat::json_lines;
  if (word == "xml") return FileFormat::xml_events;
  if (word == "evtx") return FileFormat::evtx;
  if (word == "json-objects") return FileFormat::json_objects;
  if (word == "json") {
    return recognise(head) == FileFormat::json_objects ? FileFormat::json_objects
                                                       : FileFormat::json_lines;
  }
  return std::nullopt;
}

}  // namespace tocsin::ingest
