#include "correlate/temporal_ordered.hpp"
