#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace tocsin::base {

void check_failed(const char* file, int line, const char* condition, const char* why) {
  std::fprintf(stderr, "tocsin: bug at %s:%d: %s: (%s) does not hold\n", file, line, why,
               condition);
  std::abort();
}

}  // namespace tocsin::base
