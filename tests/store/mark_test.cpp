#include "store/mark.hpp"
