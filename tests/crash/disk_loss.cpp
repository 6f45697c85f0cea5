#include "tests/crash/disk_loss.hpp"

#include <algorithm>

namespace tocsin::crash {

namespace {

constexpr std::uint64_t page = 4096;

using Random = std::mt19937_64;

std::uint64_t chance(Random& random, std::uint64_t below) { return random() % below; }

void undo(const File& file, const Unsynced& change) {
  (void)real::pwrite(file.fd, change.old.data(), change.old.size(),
                     static_cast<off_t>(change.begin));
  if (change.size > 0) (void)real::ftruncate(file.fd, static_cast<off_t>(change.file_before));
}

// Each page as it is now or as it was; the file is as long as it is now.
void lose_pages(Random& random, const File& file) {
  std::map<std::uint64_t, bool> lost;
  for (const Unsynced& change : file.changes) {
    const std::uint64_t end = change.begin + change.size;
    for (std::uint64_t at = change.begin; at < end;) {
      const std::uint64_t next = std::min(end, (at / page + 1) * page);
      const auto [place, first] = lost.try_emplace(at / page, false);
      if (first) place->second = chance(random, 2) == 0;
      if (place->second) {
        const std::uint64_t from = std::min<std::uint64_t>(at - change.begin, change.old.size());
        std::string was = change.old.substr(from, next - at);
        was.resize(next - at);
        (void)real::pwrite(file.fd, was.data(), was.size(), static_cast<off_t>(at));
      }
      at = next;
    }
  }
}

// The first changes stay, one is torn, the others never were.
void lose_end(Random& random, const File& file, std::uint64_t kept) {
  for (std::size_t i = file.changes.size(); i > kept; --i) undo(file, file.changes[i - 1]);
  if (kept == 0) return;
  const Unsynced& torn = file.changes[kept - 1];
  const std::uint64_t whole = torn.size == 0 ? 0 : chance(random, torn.size + 1);
  if (torn.size == 0 || whole == torn.size) return;
  const std::uint64_t end = torn.begin + whole;
  if (end >= torn.file_before) {
    (void)real::ftruncate(file.fd, static_cast<off_t>(end));
  } else {
    (void)real::pwrite(file.fd, torn.old.data() + whole, torn.old.size() - whole,
                       static_cast<off_t>(end));
  }
}

void lose_bytes(const std::map<FileId, File>& files, Random& random) {
  for (const auto& [id, file] : files) {
    if (file.changes.empty()) continue;
    switch (chance(random, 4)) {
      case 0:
        break;
      case 1:
        lose_end(random, file, 0);
        break;
      case 2:
        lose_end(random, file, chance(random, file.changes.size() + 1));
        break;
      default:
        lose_pages(random, file);
    }
  }
}

void lose_names(const std::vector<NameChange>& names, Random& random) {
  std::map<std::string, std::uint64_t> changes;
  for (const NameChange& change : names) ++changes[change.folder];
  for (auto& [folder, count] : changes) {  // from now on: how many stay
    const std::uint64_t way = chance(random, 3);
    count = way == 0 ? 0 : way == 1 ? count : chance(random, count + 1);
  }
  std::map<std::string, std::uint64_t> seen;
  std::vector<const NameChange*> lost;
  for (const NameChange& change : names) {
    if (seen[change.folder]++ >= changes[change.folder]) lost.push_back(&change);
  }
  for (auto change = lost.rbegin(); change != lost.rend(); ++change) {
    const NameChange& one = **change;
    if (one.kind == NameChange::Kind::created && real::unlink(one.path.c_str()) != 0)
      (void)::syscall(SYS_rmdir, one.path.c_str());
    if (one.kind == NameChange::Kind::renamed)
      (void)real::rename(one.path.c_str(), one.from.c_str());
    if (!one.saved.empty()) (void)real::rename(one.saved.c_str(), one.path.c_str());
  }
}

}  // namespace

void lose(const std::map<FileId, File>& files, const std::vector<NameChange>& names,
          std::mt19937_64& random) {
  lose_bytes(files, random);
  lose_names(names, random);
}

}  // namespace tocsin::crash
