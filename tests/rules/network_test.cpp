#include "rules/network.hpp"
