#include "rules/field_index.hpp"
