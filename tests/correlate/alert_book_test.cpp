#include "correlate/alert_book.hpp"
