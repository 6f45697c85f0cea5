#include "rules/value_cache.hpp"
