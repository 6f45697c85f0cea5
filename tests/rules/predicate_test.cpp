#include "rules/predicate.hpp"
