#include "ingest/decode/audit.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "base/text.hpp"
#include "ingest/decode/audit_head.hpp"
#include "ingest/decode/audit_names.hpp"
#include "ingest/decode/audit_tables.hpp"
#include "ingest/decode/audit_values.hpp"
#include "ingest/decode/name_cache.hpp"

namespace tocsin::ingest {

namespace {

using event::Anomaly;

constexpr char enriched_mark = 0x1D;
// So many arguments of a command are fields of their own; all of them are in its command line.
constexpr std::size_t max_arguments = 256;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_key_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '-' ||
         c == '[' || c == ']' || c == '.';
}

// What auditd writes where there is no value.
bool is_absent(std::string_view value) {
  return value.empty() || value == "?" || value == "(null)" || value == "(none)";
}

bool all_hex(std::string_view text) {
  return is_audit_hex(text) || (text.size() > 1 && is_audit_hex(text.substr(1)) &&
                                is_audit_hex(text.substr(0, text.size() - 1)));
}

std::optional<std::uint32_t> small_number(std::string_view text) {
  const auto number = base::parse_integer(text);
  if (!number || *number < 0 || *number > INT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
}

std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

// Records of the kernel's log come when no auditd listens: of an event's other records only these
// few are there, and a lone AVC must not wait for them.
bool is_core_part(std::uint16_t number) { return number >= 1300 && number < 1330; }

}  // namespace

// ---- the record ------------------------------------------------------------------------------

struct AuditBody::State {
  NameCache names{&audit_role};
  std::string command;  // arguments of an EXECVE, joined
  std::string pieces;   // of the argument at hand
};

class AuditBody::Record {
 public:
  Record(State& state, BodyContext& context, const AuditHead& head)
      : s_(state),
        c_(context),
        head_(head),
        header_end_(context.batch.fields.size()),
        is_exec_(head.type_text == "EXECVE"),
        is_user_(head.type != nullptr && head.type->writer == AuditWriter::user) {}

  void read(std::string_view text);

 private:
  enum class Section : std::uint8_t { record, message, enriched };

  // False when nothing behind the place that was reached can be believed.
  bool read_pairs(std::string_view text, Section section);
  bool read_value(std::string_view& text, std::string_view& value, bool& quoted);
  void read_word(std::string_view word, std::string_view& rest);
  void add_pair(std::string_view key, std::string_view value, bool quoted, Section section);
  std::string_view decoded(std::uint8_t role, std::string_view value, bool quoted);
  void add_argument(NameCache::Entry& entry, std::string_view value, bool quoted);
  void add_piece(std::string_view key, std::string_view value, bool quoted);
  void end_pieces();
  void add_keys(NameCache::Entry& entry, std::string_view value);
  void add_address(std::string_view hex);
  void add_meanings();
  void add_common();
  void add(std::string_view name, std::string_view value) {
    c_.add(s_.names.id_of(s_.names.look_up(name), c_), value);
  }
  void replace_header(event::FieldId id, std::string_view value);
  [[nodiscard]] std::string_view outcome() const;

  State& s_;
  BodyContext& c_;
  const AuditHead& head_;
  std::size_t header_end_;
  bool is_exec_;
  bool is_user_;
  std::string_view last_word_;
  std::string_view piece_name_;
  std::size_t arguments_ = 0;

  // What was found, as far as it can be believed: the first of its name, or the last (see keep).
  std::string_view acct_, addr_, apparmor_, arch_, arch_name_, auid_name_, cmd_, comm_, cwd_, exe_,
      exit_, hostname_, pid_, ppid_, proctitle_, res_, rport_, seresult_, success_, syscall_,
      syscall_name_, uid_name_;
};

void AuditBody::Record::read(std::string_view text) {
  s_.command.clear();
  s_.pieces.clear();
  add("type", head_.type_text);
  c_.add(s_.names.id_of(s_.names.look_up("auditd.sequence"), c_), head_.serial,
         event::ValueKind::number);
  if (!head_.node.empty()) {
    add("node", head_.node);
    replace_header(event::field::host_name, head_.node);
  }
  const std::size_t mark = text.find(enriched_mark);
  if (read_pairs(text.substr(0, mark), Section::record) && mark != std::string_view::npos) {
    read_pairs(text.substr(mark + 1), Section::enriched);
  }
  end_pieces();
  add_meanings();
  add_common();
}

bool AuditBody::Record::read_pairs(std::string_view text, Section section) {
  for (;;) {
    text.remove_prefix(std::min(text.find_first_not_of(" (,"), text.size()));
    if (text.empty()) return true;
    const auto* end = std::find_if_not(text.begin(), text.end(), is_key_char);
    if (end == text.begin() || end == text.end() || *end != '=') {
      const std::string_view word = take_word(text);
      read_word(word, text);
      continue;
    }
    const std::string_view key(text.begin(), end);
    text.remove_prefix(key.size() + 1);
    if (key == "msg" && section == Section::record && text.starts_with('\'')) {
      const std::size_t close = text.rfind('\'');
      const bool closed = close != 0;
      if (!closed) c_.event.anomalies.set(Anomaly::audit_invalid);
      if (!read_pairs(text.substr(1, closed ? close - 1 : std::string_view::npos),
                      Section::message)) {
        return false;
      }
      text.remove_prefix(closed ? close + 1 : text.size());
      continue;
    }
    std::string_view value;
    bool quoted = false;
    if (!read_value(text, value, quoted)) {
      c_.event.anomalies.set(Anomaly::audit_invalid);
      return false;
    }
    add_pair(key, value, quoted, section);
  }
}

// Removes a value from the front of `text`; false when a quote does not end as a writer ends it.
bool AuditBody::Record::read_value(std::string_view& text, std::string_view& value, bool& quoted) {
  if (text.starts_with('"')) {
    quoted = true;
    const std::size_t close = text.find('"', 1);
    if (close == std::string_view::npos) return false;
    value = text.substr(1, close - 1);
    text.remove_prefix(close + 1);
    return text.empty() || text[0] == ' ' || text[0] == ',' || text[0] == ')' || text[0] == '}';
  }
  if (text.starts_with('{')) {
    const std::size_t close = text.find('}');
    if (close == std::string_view::npos) return false;
    value = text.substr(0, close + 1);
    text.remove_prefix(close + 1);
    return true;
  }
  value = take_word(text);
  while (value.ends_with(',')) value.remove_suffix(1);
  if (value.ends_with(')') && value.find('(') == std::string_view::npos) value.remove_suffix(1);
  return true;
}

// Words without a value: "avc:  denied  { read write } for", "old auid=1 new auid=2".
void AuditBody::Record::read_word(std::string_view word, std::string_view& rest) {
  if (last_word_ == "avc:" && (word == "denied" || word == "granted")) {
    seresult_ = word;
    add("seresult", word);
    skip_blanks(rest);
    const std::size_t close = rest.find('}');
    if (rest.starts_with('{') && close != std::string_view::npos) {
      std::string_view permissions = rest.substr(1, close - 1);
      rest.remove_prefix(close + 1);
      for (;;) {
        skip_blanks(permissions);
        if (permissions.empty()) break;
        add("seperms", take_word(permissions));
      }
    }
  }
  last_word_ = word;
}

std::string_view AuditBody::Record::decoded(std::uint8_t role, std::string_view value,
                                            bool quoted) {
  if (quoted || is_absent(value)) return value;
  if (is_audit_hex(value)) {
    const std::string_view bytes = decode_audit_hex(value, c_.batch.arena);
    // Old programs wrote account names as they are, and some of them look like hexadecimal.
    if (role == AuditRole::acct && !needs_audit_hex(bytes)) return value;
    return bytes;
  }
  if (!is_user_ || all_hex(value)) c_.event.anomalies.set(Anomaly::audit_hex);
  return value;
}

void AuditBody::Record::add_argument(NameCache::Entry& entry, std::string_view value, bool quoted) {
  end_pieces();
  const std::string_view text = decoded(AuditRole::argument, value, quoted);
  if (++arguments_ <= max_arguments) {
    c_.add(s_.names.id_of(entry, c_), text);
  } else {
    c_.event.anomalies.set(Anomaly::field_limit);
  }
  if (s_.command.size() > max_value_size) return;
  if (!s_.command.empty()) s_.command.push_back(' ');
  s_.command.append(text);
}

void AuditBody::Record::add_piece(std::string_view key, std::string_view value, bool quoted) {
  const std::string_view name = key.substr(0, key.find('['));
  if (name != piece_name_) end_pieces();
  piece_name_ = name;
  s_.pieces.append(decoded(AuditRole::argument, value, quoted));
}

void AuditBody::Record::end_pieces() {
  if (piece_name_.empty()) return;
  const std::string_view name = piece_name_;
  piece_name_ = {};
  const std::string_view whole = c_.batch.arena.copy(s_.pieces);
  s_.pieces.clear();
  add_argument(s_.names.look_up(name), whole, true);
}

// Several keys of one rule stand in one value, with 0x01 between them.
void AuditBody::Record::add_keys(NameCache::Entry& entry, std::string_view value) {
  const event::FieldId id = s_.names.id_of(entry, c_);
  if (value == "(null)") {
    c_.add(id, value, event::ValueKind::null);
    return;
  }
  for (;;) {
    const std::size_t end = value.find('\x01');
    c_.add(id, value.substr(0, end));
    if (end == std::string_view::npos) return;
    value.remove_prefix(end + 1);
  }
}

void AuditBody::Record::add_address(std::string_view hex) {
  const AuditAddress address = decode_audit_address(hex, c_.batch.arena);
  if (!address.family.empty()) add("family", address.family);
  if (!address.address.empty()) add("addr", address.address);
  if (!address.port.empty()) add("port", address.port);
  if (!address.path.empty()) add("path", address.path);
}

void AuditBody::Record::add_pair(std::string_view key, std::string_view value, bool quoted,
                                 Section section) {
  if (key == "auid" && last_word_ == "old") key = "old-auid";
  last_word_ = {};
  NameCache::Entry& entry = s_.names.look_up(key);
  const std::uint8_t role = entry.role;
  if (role == AuditRole::none) {
    c_.add(s_.names.id_of(entry, c_), value);
    return;
  }
  if (role == AuditRole::argument && is_exec_) return add_argument(entry, value, quoted);
  if (role == AuditRole::piece && is_exec_) return add_piece(key, value, quoted);
  if (role >= AuditRole::encoded) value = decoded(role, value, quoted);
  if (role == AuditRole::id && (value == "4294967295" || value == "-1")) value = "unset";
  if (role == AuditRole::proctitle && value.find('\0') != std::string_view::npos) {
    // Arguments end with NUL; the kernel cuts the title at 128 bytes.
    while (value.ends_with('\0')) value.remove_suffix(1);
    char* to = c_.batch.arena.allocate(value.size());
    std::replace_copy(value.begin(), value.end(), to, '\0', ' ');
    value = {to, value.size()};
  }
  if (role == AuditRole::key) return add_keys(entry, value);
  c_.add(s_.names.id_of(entry, c_), value);

  // A program writes op, acct and exe, which it encodes, before hostname, which it does not; and
  // addr, terminal and res behind it. So what a hostname smuggles in is never the one believed.
  auto keep_first = [&](std::string_view& fact) {
    if (fact.data() == nullptr) fact = value;
  };
  switch (role) {
    case AuditRole::acct:
      return keep_first(acct_);
    case AuditRole::addr:
      addr_ = value;
      return;
    case AuditRole::apparmor:
      return keep_first(apparmor_);
    case AuditRole::arch:
      return keep_first(arch_);
    case AuditRole::arch_name:
      return keep_first(arch_name_);
    case AuditRole::auid_name:
      return keep_first(auid_name_);
    case AuditRole::cmd:
      return keep_first(cmd_);
    case AuditRole::comm:
      return keep_first(comm_);
    case AuditRole::cwd:
      return keep_first(cwd_);
    case AuditRole::exe:
      return keep_first(exe_);
    case AuditRole::exit:
      return keep_first(exit_);
    case AuditRole::hostname:
      return keep_first(hostname_);
    case AuditRole::pid:
      return keep_first(pid_);
    case AuditRole::ppid:
      return keep_first(ppid_);
    case AuditRole::proctitle:
      return keep_first(proctitle_);
    case AuditRole::res:
      if (section != Section::enriched) res_ = value;
      return;
    case AuditRole::rport:
      return keep_first(rport_);
    case AuditRole::saddr:
      return add_address(value);
    case AuditRole::success:
      if (section == Section::record) keep_first(success_);
      return;
    case AuditRole::syscall:
      return keep_first(syscall_);
    case AuditRole::syscall_name:
      if (section != Section::message) keep_first(syscall_name_);
      return;
    case AuditRole::uid_name:
      return keep_first(uid_name_);
    default:
      return;
  }
}

// Names for numbers where auditd has not added them itself.
void AuditBody::Record::add_meanings() {
  if (!arch_.empty() && arch_name_.empty()) {
    const std::string_view name = audit_arch_name(arch_);
    if (!name.empty()) add("ARCH", name);
  }
  if (!syscall_.empty() && syscall_name_.empty()) {
    if (!is_digit(syscall_[0])) {
      syscall_name_ = syscall_;
    } else if (const auto number = small_number(syscall_)) {
      syscall_name_ = audit_syscall(audit_arch(arch_), *number);
    }
    if (!syscall_name_.empty()) add("SYSCALL", syscall_name_);
  }
  if (exit_.starts_with('-')) {
    const std::string_view name = audit_errno(small_number(exit_.substr(1)).value_or(0));
    if (!name.empty()) add("EXIT", name);
  }
}

std::string_view AuditBody::Record::outcome() const {
  const std::string_view said = head_.type_text == "SYSCALL" ? success_ : res_;
  if (said == "yes" || said == "success" || said == "1") return "success";
  if (said == "no" || said == "failed" || said == "0" || said == "fail") return "failure";
  if (seresult_ == "denied" || apparmor_ == "DENIED") return "failure";
  if (seresult_ == "granted" || apparmor_ == "ALLOWED") return "success";
  return {};
}

void AuditBody::Record::replace_header(event::FieldId id, std::string_view value) {
  for (std::size_t i = c_.event.first_field; i < header_end_; ++i) {
    if (c_.batch.fields[i].name != id) continue;
    c_.batch.fields[i] = event::Field(id, value);
    return;
  }
  c_.add(id, value);
}

// The same in words that all log sources share (ECS).
void AuditBody::Record::add_common() {
  std::string_view category = head_.type == nullptr ? std::string_view() : head_.type->category;
  std::string_view action = head_.type == nullptr ? std::string_view() : head_.type->action;
  if (const AuditCall* call = audit_call(syscall_name_);
      call != nullptr && head_.type_text == "SYSCALL") {
    category = call->category;
    action = call->action;
  }
  if (!apparmor_.empty()) action = "violated-apparmor-policy";
  if (apparmor_ == "STATUS") action = "changed-apparmor-policy";
  if (!category.empty()) c_.add(event::field::event_category, category);
  if (!action.empty()) c_.add(event::field::event_action, action);
  if (const std::string_view text = outcome(); !text.empty()) {
    c_.add(event::field::event_outcome, text);
  }

  std::string_view user;
  for (const std::string_view candidate : {acct_, auid_name_, uid_name_}) {
    if (!user.empty() || is_absent(candidate) || candidate == "unset") continue;
    user = candidate;
  }
  if (!user.empty()) c_.add(event::field::user_name, user);

  std::string_view program = comm_;
  if (is_absent(program) && !is_absent(exe_)) program = exe_.substr(exe_.rfind('/') + 1);
  if (!is_absent(program)) replace_header(event::field::process_name, program);
  if (!is_absent(pid_)) replace_header(event::field::process_pid, pid_);
  if (!is_absent(ppid_)) add("process.parent.pid", ppid_);
  if (!is_absent(exe_)) add("process.executable", exe_);
  if (!is_absent(cwd_)) add("process.working_directory", cwd_);
  std::string_view command = cmd_;
  if (!s_.command.empty()) command = c_.batch.arena.copy(s_.command);
  if (command.empty()) command = proctitle_;
  if (!is_absent(command)) add("process.command_line", command);

  if (is_user_) {
    if (is_ip_address(addr_)) c_.add(event::field::source_ip, addr_);
    if (!is_absent(hostname_)) c_.add(event::field::source_address, hostname_);
    if (!is_absent(rport_)) c_.add(event::field::source_port, rport_);
  }
}

// ---- the decoder -----------------------------------------------------------------------------

AuditBody::AuditBody() : state_(std::make_unique<State>()) {}
AuditBody::~AuditBody() = default;
AuditBody::AuditBody(AuditBody&&) noexcept = default;
AuditBody& AuditBody::operator=(AuditBody&&) noexcept = default;

BodyResult AuditBody::decode(std::string_view body, BodyContext& context) {
  AuditHead head;
  if (!take_audit_head(body, head)) {
    context.event.anomalies.set(Anomaly::audit_invalid);
    return BodyResult::invalid;
  }
  state_->names.begin(context);
  Record(*state_, context, head).read(body);
  context.event.time = base::EventTime(head.ns);
  context.event.has_time = true;
  const bool part = head.type != nullptr && head.type->part &&
                    (!head.numbered || is_core_part(head.type->number));
  context.event.kind = part ? event::EventKind::part : event::EventKind::whole;
  return BodyResult::decoded;
}

event::Logsource audit_logsource() {
  return {.category = "", .product = "linux", .service = "auditd"};
}

}  // namespace tocsin::ingest
