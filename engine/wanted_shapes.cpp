#include "engine/wanted_shapes.hpp"

#include <algorithm>
#include <string_view>

#include "rules/compiled.hpp"
#include "rules/plan.hpp"

namespace tocsin::engine {

namespace {

// The fields that an event of a shape may have besides its constants, when it was decoded by a
// pattern.
class OwnFields {
 public:
  explicit OwnFields(const Pipeline& pipeline) : fields_(pipeline.fields) {
    const ingest::DecoderSet& decoders = *pipeline.decoders;
    own_.resize(decoders.shape_count());
    any_.resize(decoders.shape_count(), false);
    for (ingest::RuleNumber i = 0; i < decoders.rule_count(); ++i) add(decoders.rule(i));
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      const event::FieldId id(static_cast<std::uint16_t>(i));
      if (is_of_header(fields_.name(id))) header_.push_back(id);
    }
  }

  template <typename Test>
  [[nodiscard]] bool may_have(event::ShapeId shape, const Test& test) const {
    if (std::ranges::any_of(header_, test) || std::ranges::any_of(own_[shape.value], test))
      return true;
    for (std::size_t i = 0; any_[shape.value] && i < fields_.size(); ++i) {
      if (test(event::FieldId(static_cast<std::uint16_t>(i)))) return true;
    }
    return false;
  }

 private:
  // ingest/decode/header_writer.cpp writes them.
  static bool is_of_header(std::string_view name) {
    return name == "message" || name == "host.name" || name == "process.name" ||
           name == "process.pid" || name == "tocsin.anomaly" || name.starts_with("log.");
  }

  void add(const ingest::Rule& rule) {
    for (const ingest::EmitSlot& slot : rule.slots) add(slot, rule.shape);
    for (const ingest::CompiledKey& key : rule.keys) add(key.emit, rule.shape);
    for (const ingest::CompiledValueMap& map : rule.values) {
      for (const auto& [glob, fields] : map.cases.cases) add(fields, rule.shape);
      add(map.cases.otherwise, rule.shape);
    }
  }
  void add(const std::vector<event::Field>& fields, event::ShapeId shape) {
    for (const event::Field& field : fields) own_[shape.value].push_back(field.name);
  }
  void add(const ingest::EmitSlot& slot, event::ShapeId shape) {
    using Use = ingest::EmitSlot::Use;
    std::vector<event::FieldId>& own = own_[shape.value];
    if (slot.use == Use::pairs) any_[shape.value] = true;
    if (slot.use == Use::field || slot.use == Use::host || slot.use == Use::url)
      own.push_back(slot.name);
    if (slot.use == Use::host) own.push_back(slot.other);
    if (slot.use == Use::url) {
      own.insert(own.end(), {slot.url.domain, slot.url.path, slot.url.query, slot.url.extension});
    }
  }

  const event::FieldTable& fields_;
  std::vector<event::FieldId> header_;
  std::vector<std::vector<event::FieldId>> own_;  // by shape
  std::vector<bool> any_;                         // pairs: of any name
};

}  // namespace

std::vector<bool> find_wanted_shapes(const Pipeline& pipeline) {
  const ingest::DecoderSet& decoders = *pipeline.decoders;
  const OwnFields own(pipeline);
  const event::FieldId record = pipeline.fields.find("auditd.sequence");
  std::vector<bool> out(decoders.shape_count(), true);
  for (std::uint32_t i = 0; i < out.size(); ++i) {
    const event::ShapeId id(i);
    const ingest::Shape& shape = decoders.shape(id);
    auto program = pipeline.rules->compiled().program_for(pipeline.logsources[shape.logsource]);
    const rules::Plan plan = i == 0
                                 ? rules::general_plan(std::move(program), pipeline.fields.size())
                                 : rules::shape_plan(std::move(program), pipeline.fields.size(),
                                                     shape.logsource, shape.constants);
    const bool dead = plan.residents.empty() && !plan.any_live_gates;
    // One that has a constant field of its own is asked by the general plan.
    const auto matters = [&](event::FieldId field) {
      return field == record ||
             (field.value < plan.slot_of.size() && plan.slot_of[field.value] == rules::Plan::clash);
    };
    out[i] = !dead || own.may_have(id, matters);
  }
  return out;
}

}  // namespace tocsin::engine
