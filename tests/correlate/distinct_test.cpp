#include "correlate/distinct.hpp"
