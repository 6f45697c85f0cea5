#include "rules/program.hpp"
