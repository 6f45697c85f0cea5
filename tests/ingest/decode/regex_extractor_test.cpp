#include "ingest/decode/regex_extractor.hpp"

#include <gtest/gtest.h>
