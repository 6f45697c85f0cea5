#include "rules/document.hpp"
