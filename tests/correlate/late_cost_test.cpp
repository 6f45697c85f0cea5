#include "correlate/correlator.hpp"
