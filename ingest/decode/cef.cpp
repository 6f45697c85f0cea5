#include "ingest/decode/cef.hpp"

#include <array>
#include <optional>

#include "ingest/decode/name_cache.hpp"
#include "ingest/decode/written_time.hpp"

namespace tocsin::ingest {

namespace {

using event::Anomaly;

struct NameRow {
  std::string_view name;
  std::string_view common;  // ECS
};
constexpr NameRow rows[] = {
    {"act", "event.action"},
    {"app", "network.protocol"},
    {"destinationDnsDomain", "destination.registered_domain"},
    {"dhost", "destination.domain"},
    {"dmac", "destination.mac"},
    {"dpid", "destination.process.pid"},
    {"dproc", "destination.process.name"},
    {"dpt", "destination.port"},
    {"dst", "destination.ip"},
    {"dstPort", "destination.port"},
    {"duser", "user.name"},
    {"dvc", "host.ip"},
    {"dvchost", "host.name"},
    {"fileHash", "file.hash"},
    {"filePath", "file.path"},
    {"fname", "file.name"},
    {"fsize", "file.size"},
    {"in", "source.bytes"},
    {"msg", "message"},
    {"out", "destination.bytes"},
    {"outcome", "event.outcome"},
    {"proto", "network.transport"},
    {"request", "url.original"},
    {"requestClientApplication", "user_agent.original"},
    {"requestMethod", "http.request.method"},
    {"sev", "event.severity"},
    {"shost", "source.domain"},
    {"smac", "source.mac"},
    {"spid", "process.pid"},
    {"sproc", "process.name"},
    {"spt", "source.port"},
    {"src", "source.ip"},
    {"srcPort", "source.port"},
    {"suser", "user.name"},
    {"usrName", "user.name"},
};
constexpr std::array<std::string_view, 5> time_names = {"rt", "devTime", "end", "start",
                                                        "deviceReceiptTime"};

// 0: nothing, 1 ..: a time (best first), 64 + place: a name of the table.
constexpr std::uint8_t first_row_role = 64;
static_assert(std::size(rows) < 128);

std::uint8_t role_of(std::string_view name) {
  for (std::size_t i = 0; i < time_names.size(); ++i) {
    if (time_names[i] == name) return static_cast<std::uint8_t>(i + 1);
  }
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    if (rows[i].name == name && !rows[i].common.empty()) {
      return static_cast<std::uint8_t>(first_row_role + i);
    }
  }
  return 0;
}

bool is_key_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.' || c == '[' || c == ']';
}

bool is_key(std::string_view text) {
  if (text.empty() || text.size() > 256) return false;
  for (const char c : text) {
    if (!is_key_char(c)) return false;
  }
  return true;
}

// ECS knows success, failure and unknown.
std::string_view outcome_of(std::string_view text) {
  for (const std::string_view word : {"success", "Success", "SUCCESS", "/Success", "succeeded"}) {
    if (text == word) return "success";
  }
  for (const std::string_view word :
       {"failure", "Failure", "FAILURE", "/Failure", "failed", "Failed", "fail"}) {
    if (text == word) return "failure";
  }
  return text;
}

// "^", "\t", "x09" or "0x5E"; 0 when it is none.
char delimiter_of(std::string_view text) {
  if (text.size() == 1) return text[0];
  if (text == "\\t") return '\t';
  if (text.starts_with("0x")) text.remove_prefix(1);
  if (text.size() < 2 || text.size() > 3 || text[0] != 'x') return 0;
  int value = 0;
  for (const char c : text.substr(1)) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return 0;
    value = value * 16 + digit;
  }
  return static_cast<char>(value);
}

}  // namespace

struct CefBody::State {
  NameCache names{&role_of};
  bool time_is_local = false;
};

class CefBody::Walk {
 public:
  Walk(State& state, BodyContext& context) : s_(state), c_(context) {}

  bool read_cef(std::string_view text);
  bool read_leef(std::string_view text);

 private:
  bool take_header(std::string_view& text, std::string_view* parts, std::size_t count,
                   bool escapes);
  std::string_view unescaped(std::string_view text);
  void read_pairs(std::string_view text);
  void add(std::string_view name, std::string_view value) {
    c_.add(s_.names.id_of(s_.names.look_up(name), c_), value);
  }
  void add_pair(std::string_view key, std::string_view value);
  void add_header(const std::string_view* parts);
  void consider_time(std::string_view value, std::uint8_t rank);
  void finish(std::string_view name);

  State& s_;
  BodyContext& c_;
  std::uint8_t time_rank_ = 0;
  bool bad_time_ = false;
  bool has_message_ = false;
};

// Removes `count` parts, each with the bar behind it, from the front of `text`.
bool CefBody::Walk::take_header(std::string_view& text, std::string_view* parts, std::size_t count,
                                bool escapes) {
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t end = 0;
    while (end < text.size() && text[end] != '|') end += escapes && text[end] == '\\' ? 2 : 1;
    if (end >= text.size()) return false;
    parts[i] = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (escapes) parts[i] = unescaped(parts[i]);
  }
  return true;
}

// A backslash before a backslash, a bar or an equals sign is no text; \n and \r are line ends.
std::string_view CefBody::Walk::unescaped(std::string_view text) {
  if (text.find('\\') == std::string_view::npos) return text;
  char* out = c_.batch.arena.allocate(text.size());
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '\\' && i + 1 < text.size()) {
      const char next = text[i + 1];
      if (next == '\\' || next == '|' || next == '=') {
        c = next;
        ++i;
      } else if (next == 'n' || next == 'r') {
        c = next == 'n' ? '\n' : '\r';
        ++i;
      }
    }
    out[size++] = c;
  }
  c_.batch.arena.shrink(text.size() - size);
  return {out, size};
}

void CefBody::Walk::add_header(const std::string_view* parts) {
  add("observer.vendor", parts[1]);
  add("observer.product", parts[2]);
  add("observer.version", parts[3]);
  add("event.code", parts[4]);
}

bool CefBody::Walk::read_cef(std::string_view text) {
  std::array<std::string_view, 7> parts;
  if (!take_header(text, parts.data(), parts.size(), true)) return false;
  add_header(parts.data());
  add("cef.name", parts[5]);
  add("event.severity", parts[6]);
  read_pairs(text);
  finish(parts[5]);
  return true;
}

// One pass: at each '=' that is not escaped, the word before it is a key or part of a value.
void CefBody::Walk::read_pairs(std::string_view text) {
  std::string_view key;
  std::size_t value_begin = 0;
  std::size_t word = 0;  // where the word at hand begins
  auto end_pair = [&](std::size_t end) {
    std::string_view value = text.substr(value_begin, end - value_begin);
    while (value.ends_with(' ')) value.remove_suffix(1);
    if (!key.empty()) {
      add_pair(key, unescaped(value));
    } else if (!value.empty()) {
      c_.event.anomalies.set(Anomaly::cef_invalid);
    }
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == ' ') {
      word = i + 1;
    } else if (text[i] == '=' && word >= value_begin && is_key(text.substr(word, i - word)) &&
               (key.empty() || word > value_begin)) {
      end_pair(word);
      key = text.substr(word, i - word);
      value_begin = i + 1;
      word = i + 1;
    }
  }
  end_pair(text.size());
}

bool CefBody::Walk::read_leef(std::string_view text) {
  std::array<std::string_view, 5> parts;
  if (!take_header(text, parts.data(), parts.size(), false)) return false;
  char delimiter = '\t';
  if (parts[0].starts_with('2')) {
    // The delimiter's place may be left out, or empty.
    const std::size_t bar = text.find('|');
    if (bar != std::string_view::npos && bar <= 4) {
      const std::string_view written = text.substr(0, bar);
      if (!written.empty()) delimiter = delimiter_of(written);
      text.remove_prefix(bar + 1);
      if (delimiter == 0) {
        c_.event.anomalies.set(Anomaly::cef_invalid);
        delimiter = '\t';
      }
    }
  }
  add_header(parts.data());
  while (!text.empty()) {
    const std::size_t end = text.find(delimiter);
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && is_key(pair.substr(0, equals))) {
      add_pair(pair.substr(0, equals), pair.substr(equals + 1));
    } else if (!pair.empty()) {
      c_.event.anomalies.set(Anomaly::cef_invalid);
    }
  }
  finish({});
  return true;
}

void CefBody::Walk::add_pair(std::string_view key, std::string_view value) {
  NameCache::Entry& entry = s_.names.look_up(key);
  const std::uint8_t role = entry.role;
  if (role < first_row_role) {
    c_.add(s_.names.id_of(entry, c_), value);
    if (role != 0) consider_time(value, role);
    return;
  }
  const std::string_view common = rows[role - first_row_role].common;
  if (common == "message") has_message_ = true;
  add(common, common == "event.outcome" ? outcome_of(value) : value);
}

void CefBody::Walk::consider_time(std::string_view value, std::uint8_t rank) {
  if (time_rank_ != 0 && time_rank_ <= rank) return;
  std::optional<WrittenTime> time = read_written_time(value);
  if (!time) time = read_month_name_time(value);
  if (!time) {
    bad_time_ = true;
    return;
  }
  time_rank_ = rank;
  c_.event.time = base::EventTime(time->ns);
  c_.event.has_time = true;
  s_.time_is_local = time->local;
}

void CefBody::Walk::finish(std::string_view name) {
  if (!has_message_ && !name.empty()) c_.add(event::field::message, name);
  if (bad_time_ && time_rank_ == 0) c_.event.anomalies.set(Anomaly::bad_time);
}

CefBody::CefBody() : state_(std::make_unique<State>()) {}
CefBody::~CefBody() = default;
CefBody::CefBody(CefBody&&) noexcept = default;
CefBody& CefBody::operator=(CefBody&&) noexcept = default;

bool CefBody::time_is_local() const { return state_->time_is_local; }

BodyResult CefBody::decode(std::string_view body, BodyContext& context) {
  state_->time_is_local = false;
  state_->names.begin(context);
  while (!body.empty() && (body.back() == '\n' || body.back() == '\r')) body.remove_suffix(1);
  Walk walk(*state_, context);
  bool ok = false;
  if (body.starts_with("CEF:")) {
    ok = walk.read_cef(body.substr(4));
  } else if (body.starts_with("LEEF:")) {
    ok = walk.read_leef(body.substr(5));
  }
  if (ok) return BodyResult::decoded;
  context.event.anomalies.set(Anomaly::cef_invalid);
  return BodyResult::invalid;
}

}  // namespace tocsin::ingest
