#include "correlate/group_key.hpp"
