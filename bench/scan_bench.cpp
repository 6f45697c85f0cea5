// What the machine can do at this hour: reads a file in blocks and splits it into lines, nothing
// else. The replays of bench/run stand beside it. Checks the number of lines when one is given.
//
// Usage: scan_bench FILE [LINES]
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

int main(int argc, char** argv) {
  const int file = argc > 1 ? ::open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) {
    std::fputs("usage: scan_bench FILE [LINES]\n", stderr);
    return 2;
  }
  std::vector<char> block(256 * 1024);
  unsigned long long lines = 0;
  double best = 1e18;
  for (int round = 0; round < 3; ++round) {
    lines = 0;
    ::lseek(file, 0, SEEK_SET);
    const auto begin = std::chrono::steady_clock::now();
    for (ssize_t size = 0; (size = ::read(file, block.data(), block.size())) > 0;) {
      const char* at = block.data();
      const char* const end = at + size;
      while ((at = static_cast<const char*>(
                  std::memchr(at, '\n', static_cast<std::size_t>(end - at)))) != nullptr) {
        ++at;
        ++lines;
      }
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    if (took.count() < best) best = took.count();
  }
  ::close(file);
  std::printf("%llu lines, %.2f M lines/s\n", lines, static_cast<double>(lines) / best / 1e6);
  if (argc > 2 && lines != std::strtoull(argv[2], nullptr, 10)) {
    std::puts("WRONG: another number of lines");
    return 1;
  }
  return 0;
}
