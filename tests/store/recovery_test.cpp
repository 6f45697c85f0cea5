#include "store/recovery.hpp"
