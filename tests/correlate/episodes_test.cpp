#include "correlate/episodes.hpp"
