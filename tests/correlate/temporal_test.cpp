#include "correlate/temporal.hpp"
