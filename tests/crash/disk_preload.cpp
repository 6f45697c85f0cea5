// The disk of tests/crash/disk.hpp for a program that does not know of it (LD_PRELOAD); its plan is
// in TOCSIN_DISK.
#include <cstdio>
#include <cstdlib>

#include "tests/crash/disk.hpp"

namespace {

struct ByEnvironment {
  ByEnvironment() {
    const char* const text = std::getenv("TOCSIN_DISK");
    if (text == nullptr) return;
    tocsin::crash::DiskPlan plan;
    if (!tocsin::crash::parse_disk_plan(text, plan)) {
      std::fprintf(stderr, "TOCSIN_DISK: no plan: %s\n", text);
      std::_Exit(2);
    }
    tocsin::crash::watch_disk(plan);
  }
} by_environment;

}  // namespace
