#include "ingest/decode/decoder_set.hpp"

#include <gtest/gtest.h>
