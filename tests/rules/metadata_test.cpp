#include "rules/metadata.hpp"
