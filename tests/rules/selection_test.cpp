#include "rules/selection.hpp"
