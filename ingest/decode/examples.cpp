#include "ingest/decode/examples.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "base/time.hpp"
#include "ingest/decode/decoder.hpp"

namespace tocsin::ingest {

namespace {

constexpr std::int64_t year_2026 = base::days_from_civil(2026, 1, 1) * 86400 * base::ns_per_second;

std::string frame_of(const DecoderFile& file, const DecoderExample& example) {
  if (!example.is_body) return example.text;
  std::string program = example.program;
  if (program.empty() && file.facilities.empty()) return example.text;
  if (program.empty() || program == "*") program = "example";
  if (program.ends_with('*')) program.back() = 'x';
  const int facility = file.facilities.empty() ? 1 : file.facilities.front();
  return fmt::format("<{}>1 2026-01-01T00:00:00Z host {} 1 - - {}", facility * 8 + 6, program,
                     example.text);
}

class Check {
 public:
  Check(const DecoderSet& set, const event::FieldTable& names, const event::Batch& batch,
        const DecoderExample& example, base::Errors& errors)
      : set_(set), names_(names), batch_(batch), example_(example), errors_(errors) {}

  void run(const DecoderFile& file, const DecoderPattern& pattern) {
    const event::Event& event = batch_.events.front();
    const Shape& shape = set_.shape(event.shape);
    if (shape.decoder != file.name || shape.pattern != pattern.name) {
      fail(shape.pattern.empty() ? fmt::format("`{}` does not fit", pattern.name)
                                 : fmt::format("`{}` of `{}` fits instead of `{}`", shape.pattern,
                                               shape.decoder, pattern.name));
      return;
    }
    for (const auto& [name, value] : example_.fields) check_field(event, name, value);
    for (const std::string& name : example_.absent) {
      if (!values(event, name).empty()) {
        fail(fmt::format("`{}` is `{}`, and should not be there", name,
                         base::printable(values(event, name).front())));
      }
    }
    if (example_.time.empty()) return;
    const auto expected = base::parse_rfc3339(example_.time);
    if (!event.has_time) {
      fail("the event has no time");
    } else if (expected && event.time.value != *expected) {
      fail(fmt::format("the time is {}", base::format_rfc3339(event.time.value)));
    }
  }

 private:
  void fail(std::string sentence) {
    errors_.push_back({"ingest-40", "example: " + std::move(sentence), example_.origin});
  }

  [[nodiscard]] std::vector<std::string_view> values(const event::Event& event,
                                                     std::string_view name) const {
    std::vector<std::string_view> out;
    for (const auto& fields : {batch_.own_fields(event), batch_.constant_fields(event)}) {
      for (const event::Field& field : fields) {
        if (batch_.name_of(field, names_) == name) out.push_back(field.value());
      }
    }
    return out;
  }

  void check_field(const event::Event& event, const std::string& name, const std::string& value) {
    const auto found = values(event, name);
    if (std::find(found.begin(), found.end(), value) != found.end()) return;
    fail(found.empty()
             ? fmt::format("`{}` is not there, `{}` is expected", name, base::printable(value))
             : fmt::format("`{}` is `{}`, `{}` is expected", name, base::printable(found.front()),
                           base::printable(value)));
  }

  const DecoderSet& set_;
  const event::FieldTable& names_;
  const event::Batch& batch_;
  const DecoderExample& example_;
  base::Errors& errors_;
};

}  // namespace

ExampleResult run_examples(const DecoderSet& set, const event::FieldTable& names) {
  ExampleResult out;
  event::SourceTable sources;
  event::Source source;
  source.input = "examples";
  source.year_from = year_2026;
  const event::SourceId id = sources.intern(source);
  Decoder decoder(set, names, sources);
  event::Batch batch;
  for (const DecoderFile& file : set.files()) {
    for (const DecoderPattern& pattern : file.patterns) {
      for (const DecoderExample& example : pattern.examples) {
        batch.clear();
        batch.add_frame(frame_of(file, example), id, base::ReceivedTime(year_2026));
        decoder.decode(batch);
        Check(set, names, batch, example, out.errors).run(file, pattern);
        ++out.examples;
      }
    }
  }
  return out;
}

}  // namespace tocsin::ingest
