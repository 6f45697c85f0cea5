#include "store/ledger.hpp"
