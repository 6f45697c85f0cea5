// Any bytes as a decoder file: read and compiled, or refused with errors that say where; what
// compiles decodes its own text without harm.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "ingest/decode/decoder.hpp"
#include "ingest/decode/examples.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::vector<base::SourceText> texts = {{"fuzz.yaml", text}};
  event::FieldTable fields;
  event::LogsourceTable logsources;
  base::Errors errors;
  const auto set = ingest::DecoderSet::compile(texts, fields, logsources, errors);
  if ((set == nullptr) == errors.empty()) std::abort();
  for (const base::Error& error : errors) {
    if (error.code.empty() || error.sentence.empty()) std::abort();
  }
  if (set == nullptr) return 0;
  static_cast<void>(ingest::run_examples(*set, fields));
  event::SourceTable sources;
  event::Source source;
  source.input = "fuzz";
  ingest::Decoder decoder(*set, fields, sources);
  event::Batch batch;
  batch.add_frame(text, sources.intern(source), base::ReceivedTime(1));
  decoder.decode(batch);
  return 0;
}
