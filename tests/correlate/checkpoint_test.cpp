#include "correlate/checkpoint.hpp"
