#include "base/yaml_forest.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <optional>
#include <utility>

#include "base/portions.hpp"
#include "base/varint.hpp"

namespace tocsin::base {

namespace {

// Of the bytes below. What a tree means may also change with this program: its file is part of the
// name of an entry.
constexpr int format = 2;

std::string program_identity() {
  struct stat status = {};
  if (::stat("/proc/self/exe", &status) != 0) return {};
  return fmt::format("{};{};{}.{:09};", status.st_ino, status.st_size, status.st_mtim.tv_sec,
                     status.st_mtim.tv_nsec);
}

Sha256 name_of(std::span<const SourceText> sources, const YamlLimits& limits) {
  std::string content = fmt::format("yaml;{};{}{};{};{};", format, program_identity(), limits.bytes,
                                    limits.nodes, limits.depth);
  std::vector<Sha256> texts(sources.size());
  for_portions(sources.size(), 128, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) texts[i] = sha256(sources[i].text);
  });
  for (const Sha256& text : texts) content.append(text.begin(), text.end());
  return sha256(content);
}

void put_place(std::string& out, bool quoted, unsigned kind, std::uint32_t line,
               std::uint32_t column) {
  out += static_cast<char>(kind << 1U | (quoted ? 1U : 0U));
  put_varint(out, line);
  put_varint(out, column);
}

void put_node(std::string& out, const YamlNode& node) {
  put_place(out, node.quoted, static_cast<unsigned>(node.kind), node.line, node.column);
  switch (node.kind) {
    case YamlNode::Kind::null:
    case YamlNode::Kind::scalar:
      put_text(out, node.text);
      return;
    case YamlNode::Kind::sequence:
      put_varint(out, node.items.size());
      for (const YamlNode& item : node.items) put_node(out, item);
      return;
    case YamlNode::Kind::map:
      put_varint(out, node.members.size());
      for (const YamlNode::Member& member : node.members) {
        put_text(out, member.key);
        put_place(out, member.key_quoted, 0, member.line, member.column);
        put_node(out, member.value);
      }
      return;
  }
}

// Bytes that do not hold what they should make the reader fail, and nothing else.
class TreeReader {
 public:
  TreeReader(std::string_view bytes, std::size_t depth) : in_(bytes), depth_(depth) {}

  std::optional<std::vector<YamlNode>> documents() {
    std::vector<YamlNode> out(in_.count());
    for (YamlNode& document : out) read(document, 0);
    if (out.empty() || !in_.done()) return std::nullopt;
    return out;
  }

 private:
  struct Place {
    unsigned kind = 0;
    bool quoted = false;
    std::uint32_t line = 0;
    std::uint32_t column = 0;
  };
  Place place() {
    const std::string_view head = in_.bytes(1);
    const unsigned byte = head.empty() ? 0 : static_cast<unsigned char>(head[0]);
    Place out{byte >> 1U, (byte & 1U) != 0, 0, 0};
    out.line = static_cast<std::uint32_t>(in_.number());
    out.column = static_cast<std::uint32_t>(in_.number());
    return out;
  }

  void read(YamlNode& node, std::size_t depth) {
    const Place at = place();
    if (at.kind > static_cast<unsigned>(YamlNode::Kind::map) || depth > depth_) in_.fault();
    node.kind = static_cast<YamlNode::Kind>(at.kind);
    node.quoted = at.quoted;
    node.line = at.line;
    node.column = at.column;
    if (node.kind == YamlNode::Kind::sequence) {
      node.items.resize(in_.count());
      for (YamlNode& item : node.items) read(item, depth + 1);
    } else if (node.kind == YamlNode::Kind::map) {
      node.members.resize(in_.count());
      for (YamlNode::Member& member : node.members) {
        member.key = in_.text();
        const Place key = place();
        member.key_quoted = key.quoted;
        member.line = key.line;
        member.column = key.column;
        read(member.value, depth + 1);
      }
    } else {
      node.text = in_.text();
    }
  }

  VarintReader in_;
  std::size_t depth_;
};

}  // namespace

YamlForest::YamlForest(std::span<const SourceText> sources, const YamlLimits& limits,
                       std::shared_ptr<DiskCache> cache)
    : sources_(sources), limits_(limits), cache_(std::move(cache)) {
  if (!cache_ || sources_.empty()) return;
  name_ = name_of(sources_, limits_);
  if (auto kept = cache_->read(name_)) {
    kept_ = *std::move(kept);
    find_trees();
  }
  if (trees_.empty()) made_.resize(sources_.size());
}

void YamlForest::find_trees() {
  VarintReader in(kept_);
  for (std::size_t i = 0; i < sources_.size(); ++i) trees_.push_back(in.text());
  if (!in.done()) trees_.clear();
}

Result<std::vector<YamlNode>> YamlForest::take(std::size_t source) {
  if (!trees_.empty() && !trees_[source].empty()) {
    if (auto documents = TreeReader(trees_[source], limits_.depth).documents())
      return *std::move(documents);
  }
  auto documents = parse_yaml(sources_[source], limits_);
  if (documents && !made_.empty()) {
    std::string& bytes = made_[source];
    put_varint(bytes, documents->size());
    for (const YamlNode& document : *documents) put_node(bytes, document);
  }
  return documents;
}

void YamlForest::keep() {
  if (made_.empty()) return;
  std::string all;
  for (const std::string& tree : made_) put_text(all, tree);
  cache_->write(name_, all);
  made_.clear();
}

}  // namespace tocsin::base
