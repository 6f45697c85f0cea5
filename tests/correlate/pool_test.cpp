#include "correlate/pool.hpp"
