#include "rules/encoding.hpp"
