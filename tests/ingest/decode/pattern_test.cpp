#include "ingest/decode/pattern.hpp"

#include <gtest/gtest.h>
