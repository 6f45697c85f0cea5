#include "rules/pattern.hpp"
