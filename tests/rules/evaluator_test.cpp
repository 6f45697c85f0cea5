#include "rules/evaluator.hpp"
