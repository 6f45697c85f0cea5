// Turns a syslog header and an event's anomalies into fields.
// Path:      SyslogHeader -> event::Batch fields
// Threads:   one (the worker that holds the batch)
// Errors:    none; limits as in ingest/decode/body
// Tested by: tests/ingest/decode/header_writer_test.cpp
#pragma once

#include <cstddef>

#include "ingest/decode/body.hpp"
#include "ingest/syslog/syslog_header.hpp"

namespace tocsin::ingest {

// message, and of a syslog header what it states: host.name, process.name, process.pid,
// log.syslog.*, log.repeat, log.syslog.structured_data.<id>.<name>.
void write_header(const SyslogHeader& header, std::size_t max_elements, std::size_t max_parameters,
                  BodyContext& context);

// The names of the event's anomalies, as values of `name`.
void write_anomalies(event::FieldId name, BodyContext& context);

}  // namespace tocsin::ingest
