// Reads one frame as each kind of source: parts lie in the frame, nothing depends on what was read
// before.
#include <cstdint>
#include <string_view>

#include "base/arena.hpp"
#include "base/check.hpp"
#include "ingest/syslog/structured_data.hpp"
#include "ingest/syslog/syslog_parser.hpp"

namespace {

using namespace tocsin;

bool inside(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static ingest::SyslogParser warm;
  static base::Arena arena;
  const std::string_view frame(reinterpret_cast<const char*>(data), size);
  const base::ReceivedTime received(1'763'780'400'000'000'000);
  event::Source source;
  for (const auto transport :
       {event::Transport::file, event::Transport::udp, event::Transport::unix_datagram}) {
    for (const char* zone : {"UTC", "CET-01CEST-02,M3.5.0,M10.5.0"}) {
      source.transport = transport;
      source.zone = zone;
      source.year_from = zone[0] == 'U' ? 0 : 1'732'924'800'000'000'000;
      ingest::SyslogHeader header;
      warm.parse(frame, source, received, header);
      for (const std::string_view part : {header.host, header.program, header.pid, header.msgid,
                                          header.structured_data, header.message, header.repeated})
        CHECK(inside(part, frame), "a part lies outside the frame");
      CHECK(header.repeat >= 1, "an event happened at least once");
      CHECK(header.has_time || transport == event::Transport::file, "a live frame has a time");
      ingest::SyslogParser fresh;
      ingest::SyslogHeader again;
      fresh.parse(frame, source, received, again);
      CHECK(again.time == header.time && again.anomalies == header.anomalies &&
                again.host == header.host && again.program == header.program &&
                again.message == header.message && again.facility == header.facility,
            "a cache changed a result");
      arena.clear();
      ingest::StructuredDataReader reader(header.structured_data, 1000, 10'000);
      for (ingest::StructuredDataParameter parameter; reader.next(arena, parameter);)
        CHECK(inside(parameter.id, frame), "an id lies outside the frame");
      ingest::StructuredDataReader any(frame);
      for (ingest::StructuredDataParameter parameter; any.next(arena, parameter);)
        CHECK(inside(parameter.name, frame), "a name lies outside the frame");
    }
  }
  return 0;
}
