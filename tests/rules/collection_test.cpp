#include "rules/collection.hpp"
