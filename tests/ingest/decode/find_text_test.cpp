#include "ingest/decode/find_text.hpp"

#include <gtest/gtest.h>
