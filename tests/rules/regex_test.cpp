#include "rules/regex.hpp"
