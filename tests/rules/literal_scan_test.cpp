#include "rules/literal_scan.hpp"
