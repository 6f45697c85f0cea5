#include "correlate/value_table.hpp"
