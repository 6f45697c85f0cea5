#include "engine/event_copy.hpp"

#include <functional>
#include <string_view>

namespace tocsin::engine {

void EventCopy::add(const event::Batch& from, std::size_t index, event::Batch& to) {
  const event::Frame& frame = from.frames[index];
  const std::string_view old_raw = from.raw(index);
  to.add_frame(old_raw, frame.source, frame.received, frame.anomalies);
  const std::string_view raw = to.raw(to.frames.size() - 1);

  event::Event event = from.events[index];
  const auto fields = from.own_fields(event);
  const std::less_equal<> not_behind;
  event.first_field = static_cast<std::uint32_t>(to.fields.size());
  for (event::Field field : fields) {
    const bool in_frame = not_behind(old_raw.data(), field.data) &&
                          not_behind(field.data + field.size, old_raw.data() + old_raw.size());
    // What is not in the frame is in the other batch's arena, or constant.
    field.data =
        in_frame ? raw.data() + (field.data - old_raw.data()) : to.arena.copy(field.value()).data();
    if (field.name.value >= event::first_local_field && field.name != event::FieldTable::unknown)
      field.name =
          locals_.intern(to, from.local_names[field.name.value - event::first_local_field]);
    to.fields.push_back(field);
  }
  to.events.push_back(event);
}

}  // namespace tocsin::engine
