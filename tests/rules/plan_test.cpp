#include "rules/plan.hpp"
