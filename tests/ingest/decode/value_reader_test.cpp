#include "ingest/decode/value_reader.hpp"

#include <gtest/gtest.h>
