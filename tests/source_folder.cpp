#include "tests/source_folder.hpp"

namespace tocsin {

std::string source_folder() { return TOCSIN_SOURCE_DIR; }

}  // namespace tocsin
