#include "correlate/group_table.hpp"
