// Once each kind of event was seen, matching allocates nothing.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "rules/matcher.hpp"

// Not built under sanitizers, which bring an operator new of their own.
// Inlined, these look to GCC as if memory of `new` went to `free`; it does, by design.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace {
std::atomic<std::size_t> allocations = 0;
}

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace tocsin::rules {
namespace {

TEST(AllocationTest, ASteadyStateAllocatesNothing) {
  const base::SourceText source{
      "r.yml",
      "title: a\nlogsource: {product: p}\ndetection:\n"
      "  a: {message|startswith: Failed, user|contains: bob, n|gt: 5}\n"
      "  b: {message|re: 'x+$', ip|cidr: 10.0.0.0/8}\n"
      "  c: {repeat|exists: true}\n"
      "  d: {'@timestamp|hour|gte': 1}\n"
      "  condition: (a or b) and not c and d\n"
      "---\ntitle: b\nlogsource: {product: p}\ndetection: {k: [needle, 'st*ck'], condition: k}\n"};
  event::FieldTable fields;
  const auto loaded = RuleSet::load({&source, 1}, fields);
  ASSERT_TRUE(loaded.errors.empty());
  event::LogsourceTable logsources;
  const event::LogsourceId p = logsources.intern({{"", "p", ""}});
  const event::Field constants[] = {{fields.find("n"), "7"}};
  event::Batch batch;
  for (int i = 0; i < 1000; ++i)
    batch.add_frame("a line " + std::to_string(i), event::SourceId(0), base::ReceivedTime(0));
  for (int i = 0; i < 1000; ++i) {
    event::Event event;
    event.logsource = p;
    event.has_time = true;
    event.time = base::EventTime(7'200'000'000'000);
    event.shape = event::ShapeId(static_cast<std::uint32_t>(i % 3));
    if (i % 3 != 0) event.constants = constants, event.constant_count = 1;
    event.first_field = static_cast<std::uint32_t>(batch.fields.size());
    const auto put = [&](const char* name, std::string text) {
      batch.fields.emplace_back(fields.find(name), batch.arena.copy(text));
    };
    put("message", i % 2 == 0 ? "Failed password" : "\xC3\x89 needle xx");
    put("user", "bob" + std::to_string(i));
    put("ip", "10.0.0." + std::to_string(i % 256));
    if (i % 7 == 0) put("repeat", "2");
    event.field_count = static_cast<std::uint16_t>(batch.fields.size() - event.first_field);
    batch.events.push_back(event);
  }
  Matcher matcher(loaded.rules, logsources, fields);
  matcher.match(batch);
  const std::size_t detections = batch.detections.size();
  EXPECT_GT(detections, 100U);
  batch.detections.clear();
  const std::size_t before = allocations;
  matcher.match(batch);
  EXPECT_EQ(allocations - before, 0U);
  EXPECT_EQ(batch.detections.size(), detections);
}

}  // namespace
}  // namespace tocsin::rules
