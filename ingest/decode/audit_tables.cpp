#include "ingest/decode/audit_tables.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>

#include "base/check.hpp"

namespace tocsin::ingest {

namespace {

constexpr AuditType types[] = {
#include "ingest/decode/audit_types_table.inc"
};
constexpr std::string_view x86_64_calls[] = {
#include "ingest/decode/audit_syscalls_x86_64_table.inc"
};
constexpr std::string_view i386_calls[] = {
#include "ingest/decode/audit_syscalls_i386_table.inc"
};
constexpr std::string_view aarch64_calls[] = {
#include "ingest/decode/audit_syscalls_aarch64_table.inc"
};

static_assert(std::is_sorted(std::begin(types), std::end(types),
                             [](const AuditType& a, const AuditType& b) {
                               return a.name < b.name;
                             }));

// Places in `types`, sorted by number.
constexpr auto by_number = [] {
  std::array<std::uint16_t, std::size(types)> places{};
  for (std::size_t i = 0; i < places.size(); ++i) places[i] = static_cast<std::uint16_t>(i);
  std::sort(places.begin(), places.end(),
            [](std::uint16_t a, std::uint16_t b) { return types[a].number < types[b].number; });
  return places;
}();

struct ArchRow {
  std::string_view hex;
  std::string_view name;
  AuditArch arch;
};
// ELF machine, | 0x80000000 for 64 bits, | 0x40000000 for little endian.
constexpr ArchRow arches[] = {{"c000003e", "x86_64", AuditArch::x86_64},
                              {"40000003", "i386", AuditArch::i386},
                              {"c00000b7", "aarch64", AuditArch::aarch64},
                              {"40000028", "arm", AuditArch::unknown},
                              {"80000015", "ppc64", AuditArch::unknown},
                              {"c0000015", "ppc64le", AuditArch::unknown},
                              {"14", "ppc", AuditArch::unknown},
                              {"80000016", "s390x", AuditArch::unknown},
                              {"16", "s390", AuditArch::unknown},
                              {"c00000f3", "riscv64", AuditArch::unknown},
                              {"c0000102", "loongarch64", AuditArch::unknown}};

// Sorted by name.
constexpr AuditCall calls[] = {
    {"accept", "network", "accepted-connection-from"},
    {"accept4", "network", "accepted-connection-from"},
    {"adjtimex", "host", "changed-system-time"},
    {"bind", "network", "bound-socket"},
    {"chmod", "file", "changed-file-permissions-of"},
    {"chown", "file", "changed-file-ownership-of"},
    {"clock_adjtime", "host", "changed-system-time"},
    {"clock_settime", "host", "changed-system-time"},
    {"connect", "network", "connected-to"},
    {"creat", "file", "opened-file"},
    {"delete_module", "driver", "unloaded-kernel-module"},
    {"execve", "process", "executed"},
    {"execveat", "process", "executed"},
    {"fchmod", "file", "changed-file-permissions-of"},
    {"fchmodat", "file", "changed-file-permissions-of"},
    {"fchmodat2", "file", "changed-file-permissions-of"},
    {"fchown", "file", "changed-file-ownership-of"},
    {"fchownat", "file", "changed-file-ownership-of"},
    {"finit_module", "driver", "loaded-kernel-module"},
    {"fremovexattr", "file", "changed-file-attributes-of"},
    {"fsetxattr", "file", "changed-file-attributes-of"},
    {"ftruncate", "file", "opened-file"},
    {"init_module", "driver", "loaded-kernel-module"},
    {"kill", "process", "killed-pid"},
    {"lchown", "file", "changed-file-ownership-of"},
    {"link", "file", "linked"},
    {"linkat", "file", "linked"},
    {"listen", "network", "listen-for-connections"},
    {"lremovexattr", "file", "changed-file-attributes-of"},
    {"lsetxattr", "file", "changed-file-attributes-of"},
    {"mkdir", "file", "created-directory"},
    {"mkdirat", "file", "created-directory"},
    {"mknod", "file", "make-device"},
    {"mknodat", "file", "make-device"},
    {"mount", "file", "mounted"},
    {"open", "file", "opened-file"},
    {"openat", "file", "opened-file"},
    {"openat2", "file", "opened-file"},
    {"ptrace", "process", "traced"},
    {"recvfrom", "network", "received-from"},
    {"recvmsg", "network", "received-from"},
    {"removexattr", "file", "changed-file-attributes-of"},
    {"rename", "file", "renamed"},
    {"renameat", "file", "renamed"},
    {"renameat2", "file", "renamed"},
    {"rmdir", "file", "deleted"},
    {"sendmsg", "network", "sent-to"},
    {"sendto", "network", "sent-to"},
    {"setgid", "process", "changed-identity-of"},
    {"sethostname", "host", "changed-system-name"},
    {"setregid", "process", "changed-identity-of"},
    {"setresgid", "process", "changed-identity-of"},
    {"setresuid", "process", "changed-identity-of"},
    {"setreuid", "process", "changed-identity-of"},
    {"settimeofday", "host", "changed-system-time"},
    {"setuid", "process", "changed-identity-of"},
    {"setxattr", "file", "changed-file-attributes-of"},
    {"symlink", "file", "symlinked"},
    {"symlinkat", "file", "symlinked"},
    {"tgkill", "process", "killed-pid"},
    {"tkill", "process", "killed-pid"},
    {"truncate", "file", "opened-file"},
    {"umount", "file", "unmounted"},
    {"umount2", "file", "unmounted"},
    {"unlink", "file", "deleted"},
    {"unlinkat", "file", "deleted"},
};
static_assert(std::is_sorted(std::begin(calls), std::end(calls),
                             [](const AuditCall& a, const AuditCall& b) {
                               return a.name < b.name;
                             }));

const ArchRow* find_arch(std::string_view text) {
  for (const ArchRow& row : arches) {
    if (row.hex == text || row.name == text) return &row;
  }
  return nullptr;
}

template <std::size_t Count>
std::string_view pick(const std::string_view (&names)[Count], std::uint32_t number) {
  return number < Count ? names[number] : std::string_view();
}

}  // namespace

const AuditType* audit_type(std::string_view name) {
  const auto* found = std::lower_bound(
      std::begin(types), std::end(types), name,
      [](const AuditType& row, std::string_view wanted) { return row.name < wanted; });
  return found != std::end(types) && found->name == name ? found : nullptr;
}

const AuditType* audit_type(std::uint32_t number) {
  const auto found = std::lower_bound(
      by_number.begin(), by_number.end(), number,
      [](std::uint16_t place, std::uint32_t wanted) { return types[place].number < wanted; });
  return found != by_number.end() && types[*found].number == number ? &types[*found] : nullptr;
}

AuditArch audit_arch(std::string_view text) {
  const ArchRow* row = find_arch(text);
  return row == nullptr ? AuditArch::unknown : row->arch;
}

std::string_view audit_arch_name(std::string_view hex) {
  const ArchRow* row = find_arch(hex);
  return row == nullptr ? std::string_view() : row->name;
}

std::string_view audit_syscall(AuditArch arch, std::uint32_t number) {
  switch (arch) {
    case AuditArch::x86_64:
      return pick(x86_64_calls, number);
    case AuditArch::i386:
      return pick(i386_calls, number);
    case AuditArch::aarch64:
      return pick(aarch64_calls, number);
    case AuditArch::unknown:
      return {};
  }
  CHECK(false, "an AuditArch that is none");
}

const AuditCall* audit_call(std::string_view syscall) {
  const auto* found = std::lower_bound(
      std::begin(calls), std::end(calls), syscall,
      [](const AuditCall& row, std::string_view wanted) { return row.name < wanted; });
  return found != std::end(calls) && found->name == syscall ? found : nullptr;
}

std::string_view audit_errno(std::uint32_t number) {
  if (number == 0 || number > 4095) return {};
  const char* name = strerrorname_np(static_cast<int>(number));
  return name == nullptr ? std::string_view() : name;
}

}  // namespace tocsin::ingest
