#include "correlate/window.hpp"
