#include "respond/sink.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.hpp"
#include "respond/file_sink.hpp"
#include "respond/syslog_sink.hpp"

namespace tocsin::respond {

StopSignal::StopSignal() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CHECK(descriptor_ >= 0, "no eventfd could be made");
}

StopSignal::~StopSignal() { close(descriptor_); }

void StopSignal::raise() const { eventfd_write(descriptor_, 1); }

std::unique_ptr<Sink> make_sink(const ChannelOptions& options, const StopSignal& stop) {
  if (options.type == "syslog") return std::make_unique<SyslogSink>(options, stop);
  return std::make_unique<FileSink>(options);
}

}  // namespace tocsin::respond
