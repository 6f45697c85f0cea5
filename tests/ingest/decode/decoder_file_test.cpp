#include "ingest/decode/decoder_file.hpp"

#include <gtest/gtest.h>
