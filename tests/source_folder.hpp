// Where the project lies, for tests that read its packs, decoders and cases.
//
// A function in a file of its own: were the path a macro, no two checkouts could share a compiled
// test.
#pragma once

#include <string>

namespace tocsin {

std::string source_folder();

}  // namespace tocsin
