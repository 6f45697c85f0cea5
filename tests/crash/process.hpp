// Runs a program, reads what it prints, and kills it at any instant.
// Threads:   one
// Tested by: the crash tests that use it
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace tocsin::store {

struct Finished {
  std::string output;
  int exit_code = -1;  // -1: ended by a signal
  int signal = 0;
};

class Process {
 public:
  explicit Process(std::vector<std::string> words) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ < 0) std::abort();
    if (pid_ == 0) {
      ::setpgid(0, 0);
      ::dup2(ends[1], STDOUT_FILENO);
      std::vector<char*> arguments;
      for (std::string& word : words) arguments.push_back(word.data());
      arguments.push_back(nullptr);
      ::execvp(arguments[0], arguments.data());
      ::_exit(127);
    }
    ::setpgid(pid_, pid_);  // both sides: whoever is first, the group exists before a kill
    ::close(ends[1]);
    output_ = ends[0];
  }

  // Reads what the process prints until `end` (forever without), then kills it if it still runs.
  Finished wait(
      std::chrono::steady_clock::time_point end = std::chrono::steady_clock::time_point::max()) {
    Finished finished;
    ::fcntl(output_, F_SETFL, O_NONBLOCK);
    bool killed = false;
    while (true) {
      char buffer[65536];
      const ssize_t size = ::read(output_, buffer, sizeof buffer);
      if (size == 0) break;
      if (size > 0) {
        finished.output.append(buffer, static_cast<std::size_t>(size));
        continue;
      }
      if (!killed && std::chrono::steady_clock::now() >= end) {
        // The group: a child of a killed program would hold the pipe open.
        ::kill(-pid_, SIGKILL);
        killed = true;
      }
      std::this_thread::sleep_for(std::chrono::microseconds(500));
    }
    ::close(output_);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    if (WIFEXITED(status)) finished.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) finished.signal = WTERMSIG(status);
    return finished;
  }

 private:
  pid_t pid_ = -1;
  int output_ = -1;
};

inline Finished run(std::vector<std::string> words) { return Process(std::move(words)).wait(); }

// The number behind the last line that begins with `word`, 0 when there is none.
inline std::uint64_t last_number_after(const std::string& output, const std::string& word) {
  const std::size_t line = output.rfind(word + " ");
  return line == std::string::npos
             ? 0
             : std::strtoull(output.c_str() + line + word.size() + 1, nullptr, 10);
}

// How often a test does what it does: `few` in every build, more by TOCSIN_CRASH_ROUNDS.
inline int rounds(int few) {
  const char* more = std::getenv("TOCSIN_CRASH_ROUNDS");
  return more != nullptr ? std::atoi(more) : few;
}

}  // namespace tocsin::store
