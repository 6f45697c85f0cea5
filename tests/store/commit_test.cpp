#include "store/commit.hpp"
