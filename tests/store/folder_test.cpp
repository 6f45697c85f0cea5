#include "store/folder.hpp"
