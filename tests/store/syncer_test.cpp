#include "store/syncer.hpp"
