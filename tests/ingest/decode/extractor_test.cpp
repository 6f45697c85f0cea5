#include "ingest/decode/extractor.hpp"

#include <gtest/gtest.h>
