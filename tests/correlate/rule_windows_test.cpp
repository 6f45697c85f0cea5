#include "correlate/rule_windows.hpp"
