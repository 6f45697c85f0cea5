#include "store/upkeep.hpp"
