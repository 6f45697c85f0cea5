#include "rules/modifier.hpp"
