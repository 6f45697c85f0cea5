#include "correlate/options.hpp"
