#include "rules/compiled.hpp"
