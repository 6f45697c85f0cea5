#include "rules/folding.hpp"
