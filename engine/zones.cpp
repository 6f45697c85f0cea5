#include "engine/zones.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace tocsin::engine {

base::Result<std::vector<base::SourceText>> read_zones(std::vector<std::string> names,
                                                       const ingest::ZoneReader& read) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::vector<base::SourceText> zones;
  for (const std::string& name : names) {
    TRY_VOID(ingest::find_zone(name, [&](std::string_view wanted) {
      auto bytes = read(wanted);
      if (bytes && ingest::Zone::from_tzif(*bytes)) zones.push_back({name, *bytes});
      return bytes;
    }));
  }
  return zones;
}

ingest::ZoneReader zone_reader(std::vector<base::SourceText> zones) {
  return [kept = std::make_shared<const std::vector<base::SourceText>>(std::move(zones))](
             std::string_view name) -> std::optional<std::string> {
    const auto found =
        std::find_if(kept->begin(), kept->end(),
                     [name](const base::SourceText& zone) { return zone.name == name; });
    if (found == kept->end()) return std::nullopt;
    return found->text;
  };
}

}  // namespace tocsin::engine
