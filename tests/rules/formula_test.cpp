#include "rules/formula.hpp"
