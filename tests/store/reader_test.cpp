#include "store/reader.hpp"
