// EVTX files made for tests, byte by byte, sound unless a test breaks them.
// Threads:   one
// Source:    the layouts at the top of ingest/evtx/binary_xml.hpp, chunk.hpp and evtx_framer.hpp
// Tested by: the tests that use it
#pragma once

#include <zlib.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tocsin::ingest {

inline std::string utf16(std::string_view ascii) {
  std::string out;
  for (const char c : ascii) out += {c, '\0'};
  return out;
}

inline std::string number(std::uint64_t value, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i)
    out += i < 8 ? static_cast<char>(value >> 8 * i & 0xFFU) : '\0';
  return out;
}

// 2026-01-02T03:04:05.678901Z
inline constexpr std::uint64_t test_filetime = 134117966456789010ULL;

class EvtxChunk {
 public:
  using Values = std::vector<std::pair<std::uint8_t, std::string>>;

  // ---- tokens
  void put(std::uint64_t value, std::size_t size) { put(number(value, size)); }
  void put(const std::string& bytes) {
    bytes_.replace(at_, bytes.size(), bytes);
    at_ += bytes.size();
  }
  [[nodiscard]] std::size_t at() const { return at_; }
  void rewind(std::size_t at) { at_ = at; }
  std::string& bytes() { return bytes_; }

  // The name itself, or the offset of where it stood first.
  void name(const std::string& text) {
    const auto known = names_.find(text);
    if (known != names_.end()) return put(known->second, 4);
    names_[text] = at_ + 4;
    put(at_ + 4, 4);
    put(0, 4 + 2);
    put(text.size(), 2);
    put(utf16(text));
    put(0, 2);
  }
  void open(const std::string& text, bool attributes = false, bool in_value = false) {
    put(attributes ? 0x41 : 0x01, 1);
    if (!in_value) put(0xFFFF, 2);
    put(0, 4);
    name(text);
    if (attributes) put(0, 4);
  }
  void attribute(const std::string& text) {
    put(0x06, 1);
    name(text);
  }
  void content() { put(0x02, 1); }
  void empty() { put(0x03, 1); }
  void end() { put(0x04, 1); }
  void text(const std::string& ascii) {
    put(0x05, 1);
    put(1, 1);
    put(ascii.size(), 2);
    put(utf16(ascii));
  }
  void place(std::uint16_t index, std::uint8_t type, bool optional = true) {
    put(optional ? 0x0e : 0x0d, 1);
    put(index, 2);
    put(type, 1);
  }
  void fragment() { put(std::string("\x0f\x01\x01\x00", 4)); }

  // An instance of the template of that number, which `write` writes the first time.
  template <typename Write>
  void instance(std::uint32_t number_of, const Values& values, const Write& write) {
    fragment();
    put(0x0c, 1);
    put(1, 1);
    put(number_of, 4);
    const auto known = templates_.find(number_of);
    if (known == templates_.end()) {
      templates_[number_of] = at_ + 4;
      put(at_ + 4, 4);
      put(0, 4 + 16);
      const std::size_t size_at = at_;
      put(0, 4);
      write();
      put(0, 1);
      const std::string size = number(at_ - size_at - 4, 4);
      bytes_.replace(size_at, 4, size);
    } else {
      put(known->second, 4);
    }
    put(values.size(), 4);
    for (const auto& [type, value] : values) {
      put(value.size(), 2);
      put(type, 1);
      put(0, 1);
    }
    for (const auto& [type, value] : values) put(value);
  }
  [[nodiscard]] std::size_t template_at(std::uint32_t number_of) const {
    return templates_.at(number_of);
  }

  // ---- records
  template <typename Write>
  void record(std::uint64_t id, const Write& write) {
    const std::size_t begin = at_;
    put(std::string("\x2a\x2a\0\0", 4));
    put(0, 4);
    put(id, 8);
    put(test_filetime, 8);
    write();
    put(0, 1);
    at_ = (at_ + 4 + 7) / 8 * 8 - 4;
    put(at_ + 4 - begin, 4);
    bytes_.replace(begin + 4, 4, number(at_ - begin, 4));
    begins_.push_back(begin);
  }

  // An event as Sysmon writes it: EventID 1, its record's id, Image and ProcessId.
  void event(std::uint64_t id, const std::string& image) {
    record(id, [&] {
      instance(7,
               {{0x06, number(1, 2)},
                {0x0a, number(id, 8)},
                {0x01, utf16(image)},
                {0x08, number(4711, 4)},
                {0x11, number(test_filetime, 8)}},
               [&] {
                 fragment();
                 open("Event", true);
                 attribute("xmlns");
                 text("urn:e");
                 content();
                 open("System");
                 content();
                 open("Provider", true);
                 attribute("Name");
                 text("Microsoft-Windows-Sysmon");
                 empty();
                 simple("EventID", 0, 0x06);
                 open("TimeCreated", true);
                 attribute("SystemTime");
                 place(4, 0x11);
                 empty();
                 simple("EventRecordID", 1, 0x0a);
                 open("Correlation");
                 empty();
                 open("Channel");
                 content();
                 text("Microsoft-Windows-Sysmon/Operational");
                 end();
                 end();
                 open("EventData");
                 content();
                 data("Image", 2, 0x01);
                 data("ProcessId", 3, 0x08);
                 end();
                 end();
               });
    });
  }
  void simple(const std::string& element, std::uint16_t index, std::uint8_t type) {
    open(element);
    content();
    place(index, type);
    end();
  }
  void data(const std::string& text_of_name, std::uint16_t index, std::uint8_t type) {
    open("Data", true);
    attribute("Name");
    text(text_of_name);
    content();
    place(index, type, false);
    end();
  }
  static std::string event_json(std::uint64_t id, const std::string& image) {
    return R"({"Event":{"#attributes":{"xmlns":"urn:e"},"System":{"Provider":{"#attributes":)"
           R"({"Name":"Microsoft-Windows-Sysmon"}},"EventID":1,"TimeCreated":{"#attributes":)"
           R"({"SystemTime":"2026-01-02T03:04:05.678901Z"}},"EventRecordID":)" +
           std::to_string(id) +
           R"(,"Correlation":null,"Channel":"Microsoft-Windows-Sysmon/Operational"},"EventData":)"
           R"({"Image":")" +
           image + R"(","ProcessId":4711}}})";
  }
  // Where each record begins.
  [[nodiscard]] const std::vector<std::size_t>& begins() const { return begins_; }

  // The 64 KiB, with a header whose checksums hold.
  [[nodiscard]] std::string finished() const {
    std::string out = bytes_;
    out.replace(0, 8, std::string("ElfChnk\0", 8));
    out.replace(40, 4, number(128, 4));
    out.replace(44, 4, number(begins_.empty() ? 0 : begins_.back(), 4));
    out.replace(48, 4, number(at_, 4));
    out.replace(52, 4, number(crc({&out[512], at_ - 512}), 4));
    out.replace(124, 4, number(crc(out.substr(0, 120) + out.substr(128, 384)), 4));
    return out;
  }
  static std::uint32_t crc(std::string_view bytes) {
    return static_cast<std::uint32_t>(
        crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
  }

 private:
  std::string bytes_ = std::string(64 * 1024, '\0');
  std::size_t at_ = 512;
  std::map<std::string, std::size_t> names_;
  std::map<std::uint32_t, std::size_t> templates_;
  std::vector<std::size_t> begins_;
};

inline std::string evtx_file(const std::vector<std::string>& chunks, std::uint32_t flags = 0) {
  std::string header(4096, '\0');
  header.replace(0, 8, std::string("ElfFile\0", 8));
  header.replace(32, 4, number(128, 4));
  header.replace(36, 6, number(1, 2) + number(3, 2) + number(4096, 2));
  header.replace(42, 2, number(chunks.size(), 2));
  header.replace(120, 4, number(flags, 4));
  header.replace(124, 4, number(EvtxChunk::crc({header.data(), 120}), 4));
  for (const std::string& chunk : chunks) header += chunk;
  return header;
}

}  // namespace tocsin::ingest
