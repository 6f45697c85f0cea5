// Search and the plain one (tests/reference/slow_search.hpp) find the same, in the same order:
// 10,000 generated queries over generated stores of every kind of line that hides or changes a
// value.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/text.hpp"
#include "engine/stages.hpp"
#include "search/event_record.hpp"
#include "tests/reference/slow_search.hpp"
#include "tests/search/store_fixture.hpp"

namespace tocsin::search {
namespace {

using Random = std::mt19937_64;

std::size_t below(Random& random, std::size_t end) { return random() % end; }
template <typename T>
const T& one_of(Random& random, const std::vector<T>& list) {
  return list[below(random, list.size())];
}

// ---- lines

std::string hex(std::string_view text) {
  std::string out;
  for (const char c : text) out += fmt::format("{:02X}", static_cast<unsigned char>(c));
  return out;
}

std::string escaped_json(Random& random, std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '/' && below(random, 2) == 0) {
      out += "\\/";
    } else if (c > ' ' && below(random, 12) == 0) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

std::string line(Random& random, int second) {
  static const std::vector<std::string> users = {"bob",    "Bob",       "root", "ann smith",
                                                 "müller", "MÜLLER\\x", "a\"b", "kelvin"};
  static const std::vector<std::string> addresses = {"10.0.0.1", "10.1.2.3", "203.0.113.7",
                                                     "2001:db8::17", "::ffff:10.9.9.9"};
  static const std::vector<std::string> paths = {"C:\\Windows\\System32\\cmd.exe", "/etc/passwd",
                                                 "/index.php?a=1&b=2", "C:\\new\\table"};
  const std::string& user = one_of(random, users);
  const std::string& address = one_of(random, addresses);
  const std::string& path = one_of(random, paths);
  const std::string time = fmt::format("Nov 20 22:{:02}:{:02}", second / 60 % 60, second % 60);
  const std::size_t port = 20 + below(random, 50'000);
  switch (below(random, 12)) {
    case 0:
    case 1:
      return fmt::format("{} web01 sshd[811]: Failed password for {} from {} port {} ssh2", time,
                         user, address, port);
    case 2:
      return fmt::format("{} web02 sshd[8]: Accepted publickey for {} from {} port {} ssh2", time,
                         user, address, port);
    case 3:
      return fmt::format(R"({{"time":"2026-11-20T22:{:02}:{:02}Z","Image":"{}","user":"{}","n":{},)"
                         R"("deep":{{"list":["{}",1.50,null,true]}}}})",
                         second / 60 % 60, second % 60, escaped_json(random, path),
                         escaped_json(random, user), port, escaped_json(random, address));
    case 4:
      return fmt::format(
          "type=USER_LOGIN msg=audit(17{:08}.000:{}): pid=1 uid=0 acct={} exe=\"{}\" "
          "addr={} res=failed",
          second, second, hex(user), "/usr/sbin/sshd", address);
    case 5:
      return fmt::format(R"({} web01 app: user="{}" path='{}' port={} note=a\nb)", time, user, path,
                         port);
    case 6:
      return fmt::format("{} fw CEF:0|V|P|1|100|{}|5|suser={} src={} msg=x\\=y\\nz", time, "name",
                         user, address);
    case 7:
      return fmt::format(
          "<Event xmlns=\"http://schemas.microsoft.com/win/2004/08/events/event\">"
          "<System><EventID>4625</EventID></System><EventData>"
          "<Data Name=\"TargetUserName\">b<![CDATA[o]]>b&#98;y</Data>"
          "<Data Name=\"IpAddress\">{}</Data></EventData></Event>",
          address);
    case 8:
      return "    at com.example." + user + "(Main.java:" + std::to_string(port) + ")";
    case 9:
      return fmt::format("{} - {} [20/Nov/2026:22:{:02}:{:02} +0000] \"GET {} HTTP/1.1\" 200 {}",
                         address, "-", second / 60 % 60, second % 60, path, port);
    case 10:
      return fmt::format(
          "<34>1 2026-11-20T22:{:02}:{:02}.5Z h app 1 ID [x@1 u=\"a\\\"b\" v=\"{}\"] {}",
          second / 60 % 60, second % 60, port, path);
    default:
      return time + " web01 odd: \xFF\xFE bytes \x01 of " + user;
  }
}

// ---- queries

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// A word; other blanks than a space cannot be in one.
std::string bare(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\t\n\r").find(c) != std::string_view::npos) continue;
    if (std::string_view("\\*\"()|:<>[]{}~, ").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string other_case(Random& random, std::string text) {
  for (char& c : text) {
    if (below(random, 3) != 0) continue;
    if (c >= 'a' && c <= 'z') {
      c = static_cast<char>(c - 'a' + 'A');
    } else if (c >= 'A' && c <= 'Z') {
      c = static_cast<char>(c - 'A' + 'a');
    }
  }
  return text;
}

// A slice of UTF-8 that begins and ends anywhere; empty where there is none.
std::string slice(Random& random, std::string_view text) {
  if (text.empty()) return {};
  const std::size_t begin = below(random, text.size());
  std::string out(text.substr(begin, 1 + below(random, 14)));
  return base::is_utf8(out) && out.find_first_of("\n\r\t ") == std::string::npos ? out : "";
}

class Queries {
 public:
  Queries(Random& random, const std::vector<Row>& rows) : random_(random), rows_(rows) {}

  std::string query() {
    std::string out = expression(below(random_, 3));
    if (out.empty()) out = "*";
    return out + stages();
  }

 private:
  std::string expression(std::size_t depth) {
    if (depth == 0) return term();
    std::string a = expression(depth - 1), b = expression(depth - 1);
    if (a.empty() || b.empty()) return a + b;
    if (below(random_, 4) == 0) a = "not " + a;
    return "(" + a + (below(random_, 2) == 0 ? " and " : " or ") + b + ")";
  }

  std::string term() {
    const Row& row = one_of(random_, rows_);
    return below(random_, 3) == 0 ? words(row) : of_field(row);
  }

  std::string words(const Row& row) {
    std::string word = slice(random_, row.raw);
    if (word.empty()) return {};
    word = other_case(random_, word);
    switch (below(random_, 5)) {
      case 0:
        return "*" + bare(word) + "*";
      case 1:
        return bare(word) + "*";
      case 2:
        return "*" + bare(word);
      case 3:
        return bare(word.substr(0, word.size() / 2)).empty() ||
                       !base::is_utf8(word.substr(0, word.size() / 2))
                   ? std::string()
                   : bare(word.substr(0, word.size() / 2)) + "*" +
                         bare(word.substr(word.size() / 2));
      default: {
        // Whole words, as an analyst would take them from the line.
        const std::size_t at = row.raw.find(' ', below(random_, row.raw.size()));
        if (at == std::string::npos) return in_quotes(word);
        std::string phrase = row.raw.substr(at + 1, 5 + below(random_, 20));
        phrase = phrase.substr(0, phrase.find_last_of(' '));
        return phrase.empty() || !base::is_utf8(phrase) ? std::string()
                                                        : in_quotes(other_case(random_, phrase));
      }
    }
  }

  std::string of_field(const Row& row) {
    const Cell& cell = one_of(random_, row.cells);
    if (!base::is_utf8(cell.value) || cell.name == "@timestamp") return on_time(row);
    const std::string name = in_quotes(cell.name) + (below(random_, 2) == 0 ? ": " : ":");
    const std::string value = other_case(random_, cell.value);
    const auto address = rules::parse_address(cell.value);
    switch (below(random_, 10)) {
      case 0:
        return name + "*";
      case 1: {
        const std::string part = value.substr(0, value.size() / 2);
        return base::is_utf8(part) ? name + bare(part) + "*" : "";
      }
      case 2: {
        const std::string part = value.substr(value.size() / 2);
        return base::is_utf8(part) ? name + "*" + bare(part) + (below(random_, 2) ? "" : "*") : "";
      }
      case 3:
        return name + "(" + in_quotes(value) + " or nothing* or not " + in_quotes(value + "x") +
               ")";
      case 4:
        return name + " ~ " +
               in_quotes(re2::RE2::QuoteMeta(cell.value.size() < 30 ? cell.value : "a"));
      case 5:
        if (const auto number = base::parse_number(cell.value))
          return in_quotes(cell.name) + one_of(random_, comparisons_) + cell.value;
        return in_quotes(cell.name) + " >= 100";
      case 6:
        return name + (address && !address->v6 ? "10.0.0.0/8" : "[10 to 30000}");
      case 7:
        return one_of(random_, name_patterns_) + ": " + in_quotes(value);
      default:
        return name + in_quotes(value);
    }
  }

  std::string on_time(const Row& row) {
    const std::string time = base::format_rfc3339(row.time.value);
    return "@timestamp" + one_of(random_, comparisons_) +
           (below(random_, 2) == 0 ? time : time.substr(0, 19) + "Z");
  }

  std::string stages() {
    const auto name = [this] {
      return in_quotes(one_of(random_, one_of(random_, rows_).cells).name);
    };
    switch (below(random_, 14)) {
      case 0:
        return " | stats count()";
      case 1:
        return " | stats count(), dc(" + name() + ") by " + name();
      case 2:
        return " | stats sum(source.port), avg(n), min(" + name() + "), max(" + name() +
               "), percentile(source.port, 90) by host.name";
      case 3:
        return " | timechart 10m count() by " + name();
      case 4:
        return " | sort -" + name() + ", " + name() + " | head 7";
      case 5:
        return " | head " + std::to_string(1 + below(random_, 9));
      case 6:
        return " | fields @timestamp, " + name() + ", tocsin.seq, tocsin.decoder";
      case 7:
        return " | where " + name() + ": * | head 20 | stats count() by " + name() +
               " | where count > 1 | sort -count";
      default:
        return "";
    }
  }

  Random& random_;
  const std::vector<Row>& rows_;
  const std::vector<std::string> comparisons_ = {" >= ", "<=", " > ", " < "};
  const std::vector<std::string> name_patterns_ = {"user.*", "*.ip", "source.*", "*ser*"};
};

// ---- the plain reading of a store

// All events with all their fields, decoded one after the other.
std::vector<Row> all_events(const store::Store& store) {
  const engine::Pipeline& pipeline = *small_setup().pipeline;
  event::SourceTable sources;
  EXPECT_TRUE(store.load_sources(sources));
  ingest::Decoder decoder(*pipeline.decoders, pipeline.fields, sources,
                          engine::decoder_options(small_setup().fold));
  std::unordered_map<event::SourceId, base::EventTime> last;
  std::vector<Row> out;
  auto reader = store.read_log();
  event::Batch batch;
  while (true) {
    const auto more = reader.next(batch);
    EXPECT_TRUE(more);
    if (!more || !*more) break;
    decoder.decode(batch);
    for (std::size_t i = 0; i < batch.frames.size(); ++i) {
      const event::Event& event = batch.events[i];
      const event::Frame& frame = batch.frames[i];
      Row row;
      row.time = event.time;
      if (event.has_time) {
        last[frame.source] = event.time;
      } else {
        row.time = last.contains(frame.source) ? last[frame.source]
                                               : base::EventTime(frame.received.value);
      }
      row.seq = batch.seq(i);
      row.raw = batch.raw(i);
      row.cells.push_back({"@timestamp", base::format_rfc3339(row.time.value), {}});
      row.cells.push_back({"tocsin.seq", std::to_string(row.seq.value), event::ValueKind::number});
      row.cells.push_back({"tocsin.decoder", event.decoder, {}});
      for (const auto fields : {batch.own_fields(event), event::Batch::constant_fields(event)}) {
        for (const event::Field& field : fields) {
          row.cells.push_back({std::string(batch.name_of(field, pipeline.fields)),
                               std::string(field.value()), field.kind});
        }
      }
      out.push_back(std::move(row));
    }
  }
  return out;
}

// What is compared of a row: its place, and the cells where stages chose them.
std::string shown(const Row& row, bool with_cells) {
  std::string out = fmt::format("{} {} ", row.time.value, row.seq.value);
  if (!with_cells) return out;
  base::JsonWriter json(out);
  write_json(row, json);
  return out;
}

// Sanitizers look for other faults than wrong answers, and take ten times as long.
#ifdef __has_feature
constexpr bool is_sanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool is_sanitized = false;
#endif

class AgreementTest : public StoreTest {};

TEST_F(AgreementTest, TenThousandQueriesFindWhatThePlainSearchFinds) {
  const bool is_long = std::getenv("TOCSIN_LONG") != nullptr;
  const std::size_t stores = is_long ? 200 : is_sanitized ? 4 : 40;
  constexpr std::size_t queries = 250;
  std::size_t found_rows = 0, skipped = 0, filtered = 0, undecoded = 0;
  for (std::size_t seed = 1; seed <= stores; ++seed) {
    Random random(seed);
    std::filesystem::remove_all(folder_ / "store");
    std::string lines;
    const std::size_t count = 40 + below(random, 60);
    for (std::size_t i = 0; i < count; ++i)
      lines += line(random, static_cast<int>(i * 37 + below(random, 400))) + "\n";
    // Blocks of a few lines, so that most words are in few of them; too small ones have no filter.
    replay(lines, 400 + below(random, 2000), small_setup(), fmt::format("log{}", seed));
    open();
    const std::vector<Row> events = all_events(*store_);
    ASSERT_EQ(events.size(), count);
    Queries generator(random, events);
    for (std::size_t i = 0; i < queries; ++i) {
      const std::string text = generator.query();
      const auto query = parse_query(text);
      ASSERT_TRUE(query) << text << "\n" << base::to_string(query.error());
      std::vector<Row> expected = reference::slow_search(*query, events);
      SearchOptions options;
      options.threads = 1 + below(random, 3);
      options.limit = below(random, 4) == 0 ? 1 + below(random, 20) : 0;
      if (options.limit > 0 && expected.size() > options.limit) expected.resize(options.limit);
      const Found found = find(text, options);
      const bool with_cells = text.find("| stats") != std::string::npos ||
                              text.find("| timechart") != std::string::npos ||
                              text.find("| fields") != std::string::npos;
      std::vector<std::string> a, b;
      for (const Row& row : found.rows) a.push_back(shown(row, with_cells));
      for (const Row& row : expected) b.push_back(shown(row, with_cells));
      ASSERT_EQ(a, b) << "seed " << seed << ": " << text;
      found_rows += a.size();
      skipped += found.summary.blocks_skipped - found.summary.blocks_filtered;
      filtered += found.summary.blocks_filtered;
      undecoded += found.summary.events - found.summary.decoded;
    }
    store_.reset();
  }
  // The comparison means something only where there was something to find and to leave out.
  EXPECT_GT(found_rows, stores * queries);
  EXPECT_GT(skipped, stores);
  EXPECT_GT(filtered, stores * queries / 5);
  EXPECT_GT(undecoded, stores * queries);
}

}  // namespace
}  // namespace tocsin::search
