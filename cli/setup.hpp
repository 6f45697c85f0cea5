// From the packs that a command names to a compiled setup, or all that is wrong with them.
// Path:      PackArguments -> texts -> engine::Setup
// Threads:   one
// Errors:    cli-2 no default packs found; those of packs, decoders and rules, each
//           file:line:column
// Tested by: tests/cli/setup_test.cpp
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/disk_cache.hpp"
#include "base/error.hpp"
#include "cli/commands.hpp"
#include "engine/epochs.hpp"

namespace tocsin::cli {

// The cache in the folder `chosen`; auto or nothing: that of the user; empty: none.
[[nodiscard]] std::shared_ptr<base::DiskCache> open_cache(
    const std::optional<std::string>& chosen = std::nullopt);

struct LoadedSetup {
  engine::Setup setup;
  base::Errors errors;  // rules with errors are left out; without a pipeline nothing can run
  // The cache that was asked for cannot be used: nothing but time is lost.
  std::optional<base::Error> cache_fault;
};

// The default decoders and mapping packs always; the default rules unless they are left out; then
// what is named. A rule with the id, a decoder with the name of a default one takes its place.
// What `replacing` names takes the place of both.
[[nodiscard]] LoadedSetup load_setup(const PackArguments& arguments,
                                     const engine::FoldOptions& fold);

}  // namespace tocsin::cli
