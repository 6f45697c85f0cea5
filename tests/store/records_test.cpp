#include "store/records.hpp"
