// Lines read by the decoder library as it stands in the tree, one at a time; and those of other
// projects, with what they say of them.
// Threads:   one
// Tested by: the tests that use it
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "ingest/decode/decoder.hpp"
#include "tests/ingest/decode/data_records.hpp"
#include "tests/ingest/decode/library.hpp"

namespace tocsin::ingest {

class LibraryDecoder {
 public:
  LibraryDecoder() {
    compiled_.expect_no_errors();
    decoder_ = std::make_unique<Decoder>(*compiled_.set, compiled_.fields, sources_);
  }

  const event::Event& decode(std::string_view raw, const event::Source& source) {
    batch_.clear();
    batch_.add_frame(raw, sources_.intern(source),
                     base::ReceivedTime(*base::parse_rfc3339("2005-08-14T10:00:00Z")));
    decoder_->decode(batch_);
    return event();
  }
  // Of the line decoded last.
  [[nodiscard]] const event::Event& event() const { return batch_.events.front(); }
  [[nodiscard]] const std::vector<event::Logsource>& logsources() const {
    return compiled_.logsources[event().logsource];
  }
  [[nodiscard]] std::string value(std::string_view name) const {
    for (const auto& fields : {batch_.own_fields(event()), batch_.constant_fields(event())}) {
      for (const event::Field& field : fields) {
        if (batch_.name_of(field, compiled_.fields) == name) return std::string(field.value());
      }
    }
    return {};
  }
  // The address, or the name where a line has a name.
  [[nodiscard]] std::string source() const {
    const std::string address = value("source.ip");
    return address.empty() ? value("source.address") : address;
  }

 private:
  Compiled compiled_{library_texts()};
  event::SourceTable sources_;
  std::unique_ptr<Decoder> decoder_;
  event::Batch batch_;
};

inline event::Source source_from(const std::string& input, std::string_view year_from) {
  event::Source source;
  source.input = input;
  source.year_from = *base::parse_rfc3339(year_from);
  return source;
}

// Gives each line of both projects to `visit`: file, service, text, what is said of it. The line is
// the one that was decoded last.
template <typename Visit>
void read_stated_lines(LibraryDecoder& library, const Visit& visit) {
  event::Source fail2ban = source_from("fail2ban", "2004-08-14T10:00:00Z");
  fail2ban.zone = "CET-01CEST-02,M3.5.0,M10.5.0";
  const event::Source crowdsec = source_from("crowdsec", "2026-01-01T00:00:00Z");
  simdjson::dom::parser parser;
  for (const event::Source& source : {fail2ban, crowdsec}) {
    for (const std::string& line : lines_of(data_folder() / "linux" / (source.input + ".ndjson"))) {
      simdjson::dom::element record;
      ASSERT_FALSE(parser.parse(line).get(record));
      const std::string_view raw = record["raw"].get_string().value();
      library.decode(raw, source);
      visit(source.input, std::string(record["source"].get_string().value()), raw,
            record["expect"]);
    }
  }
}

}  // namespace tocsin::ingest
