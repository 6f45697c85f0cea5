#include "ingest/decode/joined_field.hpp"

#include <algorithm>
#include <cstring>
#include <span>

#include "ingest/decode/glob.hpp"

namespace tocsin::ingest {

namespace {

bool begins_with(std::string_view text, std::string_view front) {
  return text.size() >= front.size() &&
         std::equal(front.begin(), front.end(), text.begin(),
                    [](char a, char b) { return Glob::lower(a) == Glob::lower(b); });
}

// Copies what there is room for.
class Copy {
 public:
  Copy(char* to, std::size_t room) : begin_(to), room_(room) {}
  void add(std::string_view text) {
    const std::size_t size = std::min(text.size(), room_ - size_);
    if (size > 0) std::memcpy(begin_ + size_, text.data(), size);
    size_ += size;
  }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  char* begin_;
  std::size_t room_;
  std::size_t size_ = 0;
};

// Calls use(value) for each value that the event has there; says whether there is any.
template <typename Use>
bool for_each_value(std::span<const event::Field> fields, event::FieldId name, Use&& use) {
  bool any = false;
  for (const event::Field& field : fields) {
    if (field.name != name || field.kind == event::ValueKind::null) continue;
    use(field.value());
    any = true;
  }
  return any;
}

}  // namespace

std::optional<std::vector<Join::Part>> read_template(std::string_view text) {
  std::vector<Join::Part> parts;
  bool has_field = false;
  while (!text.empty()) {
    const std::size_t open = std::min(text.find_first_of("{}"), text.size());
    if (open > 0) parts.push_back({false, std::string(text.substr(0, open))});
    text.remove_prefix(open);
    if (text.empty()) break;
    const std::size_t close = text.find('}');
    if (text[0] == '}' || close == std::string_view::npos || close == 1) return std::nullopt;
    const std::string_view name = text.substr(1, close - 1);
    if (name.find('{') != std::string_view::npos) return std::nullopt;
    parts.push_back({true, std::string(name)});
    has_field = true;
    text.remove_prefix(close + 1);
  }
  if (!has_field) return std::nullopt;
  return parts;
}

JoinedField::JoinedField(const Join& join, event::FieldTable& fields)
    : name_(fields.intern(join.name)), begins_(join.begins) {
  for (const Join::Part& part : join.parts) {
    if (part.is_field) {
      parts_.push_back({true, fields.intern(part.text), {}});
    } else {
      parts_.push_back({false, {}, part.text});
    }
  }
  for (const auto& [front, instead] : begins_) {
    longest_front_ = std::max(longest_front_, front.size());
    room_ = std::max(room_, instead.size() - std::min(front.size(), instead.size()));
  }
}

void JoinedField::write(BodyContext& context) const {
  const std::span<const event::Field> own = context.batch.own_fields(context.event);
  if (for_each_value(own, name_, [](std::string_view) {})) return;
  std::size_t size = 0;
  for (const Part& part : parts_) {
    size += part.text.size();
    const auto measure = [&](std::string_view value) { size += value.size() + 1; };
    if (part.is_field && !for_each_value(own, part.field, measure)) return;
  }
  // One byte more than a value may have, whatever its beginning loses, shows that this one is cut.
  size = std::min(size, max_value_size + longest_front_ + 1);
  char* const begin = context.batch.arena.allocate(room_ + size);
  Copy copy(begin + room_, size);
  for (const Part& part : parts_) {
    copy.add(part.text);
    bool first = true;
    const auto add = [&](std::string_view value) {
      if (!first) copy.add(" ");
      first = false;
      copy.add(value);
    };
    if (part.is_field) for_each_value(own, part.field, add);
  }
  context.batch.arena.shrink(size - copy.size());
  context.add(name_, begun(begin + room_, copy.size()));
}

// There is room in front of the text.
std::string_view JoinedField::begun(char* text, std::size_t size) const {
  for (const auto& [front, instead] : begins_) {
    if (!begins_with({text, size}, front)) continue;
    char* const begin = text + front.size() - instead.size();
    std::memcpy(begin, instead.data(), instead.size());
    return {begin, size - front.size() + instead.size()};
  }
  return {text, size};
}

}  // namespace tocsin::ingest
