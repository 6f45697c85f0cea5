#include "rules/extension.hpp"
