#include "rules/condition.hpp"
