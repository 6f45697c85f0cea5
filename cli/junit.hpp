// Results of `tocsin test` in the form that continuous integration shows: JUnit's XML.
// Path:      engine::PackTestResult -> one XML document
// Units:     times in seconds
// Threads:   pure function
// Errors:    none; what XML cannot hold becomes U+FFFD
// Source:    XML 1.0 section 2.2; the schema that Jenkins' and GitLab's readers share
// Tested by: tests/cli/junit_test.cpp
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "engine/pack_test.hpp"

namespace tocsin::cli {

// One suite a file, one case a test.
[[nodiscard]] std::string junit_xml(std::span<const engine::PackTestResult> results);
// `text` as it may stand inside an attribute or an element.
[[nodiscard]] std::string xml_escaped(std::string_view text);

}  // namespace tocsin::cli
