#include "correlate/judge.hpp"
