// The program `tocsin`.
#include <fcntl.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/program.hpp"
#include "cli/streams.hpp"

namespace {

// A descriptor that is closed would be given to the first file that is opened, and a message would
// be written into it. Nothing can be written to this one, and that is told.
void open_standard_streams() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    if (::open("/dev/null", fd == 2 ? O_WRONLY : O_RDONLY) != fd)
      std::_Exit(tocsin::cli::exit_code::usage);
  }
}

}  // namespace

int main(int argc, char** argv) {
  open_standard_streams();
  // A file at its size limit is a write that fails, with a message, not a death without one.
  ::signal(SIGXFSZ, SIG_IGN);
  tocsin::cli::Streams streams;
  streams.ends_process = true;
  return tocsin::cli::run_program(std::vector<std::string>(argv + 1, argv + argc), streams);
}
