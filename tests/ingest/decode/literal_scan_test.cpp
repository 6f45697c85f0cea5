#include "ingest/decode/literal_scan.hpp"

#include <gtest/gtest.h>
