#include "correlate/place.hpp"
