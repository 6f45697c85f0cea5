// What a structured Windows event costs, from its JSON text to its detections, with 100 rules, with
// all, and with ten copies of all under other ids. Checks every event's rules before it reports.
//
// Usage: windows_bench EVENTS ORIGINALS RULES [ROUNDS [ONLY]]
//   EVENTS     made by bench/make_windows.py, which prints ORIGINALS: line n is a copy of line
//              n % ORIGINALS, and must meet the same rules
//   RULES      a folder of Sigma rules
//   ONLY       100, all, ten: these rules alone; profile: all rules, without the check
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>

#include "base/check.hpp"
#include "ingest/decode/decoder.hpp"
#include "ingest/decode/json.hpp"
#include "rules/matcher.hpp"

namespace {

using namespace tocsin;

constexpr std::size_t batch_bytes = 256 * 1024;
constexpr std::size_t batch_frames = 1024;
constexpr std::size_t most_of_a_kind = 20'000;

// The lines of a file, which stays mapped.
std::vector<std::string_view> lines_of(const char* path) {
  const int file = open(path, O_RDONLY);
  CHECK(file >= 0, "the events can be read");
  struct stat status = {};
  CHECK(fstat(file, &status) == 0 && status.st_size > 0, "there are events");
  const auto size = static_cast<std::size_t>(status.st_size);
  void* const mapped = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  CHECK(mapped != MAP_FAILED, "the events can be mapped");
  std::string_view left(static_cast<const char*>(mapped), size);
  std::vector<std::string_view> out;
  while (!left.empty()) {
    const std::size_t end = std::min(left.find('\n'), left.size());
    out.push_back(left.substr(0, end));
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  return out;
}

std::vector<base::SourceText> texts_of(const std::string& folder) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::filesystem::path extension = entry.path().extension();
    if (extension == ".yml" || extension == ".yaml") paths.push_back(entry.path().string());
  }
  std::ranges::sort(paths);
  std::vector<base::SourceText> out;
  for (const std::string& path : paths) out.push_back(*base::read_source(path));
  return out;
}

// A rule again under another id: the first eight digits of the id are the copy's own.
base::SourceText copy_of(const base::SourceText& source, std::size_t copy) {
  base::SourceText out{fmt::format("{}#{}", source.name, copy), source.text};
  const std::size_t id = out.text.starts_with("id: ") ? 0 : out.text.find("\nid: ");
  CHECK(id != std::string::npos, "each rule has an id");
  const std::size_t at = out.text.find(": ", id) + 2;
  const auto old = std::strtoul(out.text.substr(at, 8).c_str(), nullptr, 16);
  out.text.replace(at, 8, fmt::format("{:08x}", (old + copy * 0x1000'0001UL) & 0xFFFF'FFFFUL));
  return out;
}

// Time of this thread alone, so that a busy machine disturbs less.
double cpu_ns() {
  timespec now = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

struct Cost {
  double decode = 0;  // ns
  double match = 0;
  std::size_t events = 0;
  std::size_t detections = 0;

  [[nodiscard]] double whole() const { return decode + match; }
};

// Rules loaded, and what they say of events.
class Judge {
 public:
  Judge(const std::vector<base::SourceText>& rules, const std::vector<base::SourceText>& decoders) {
    const double start = cpu_ns();
    base::Errors errors;
    decoders_ = ingest::DecoderSet::compile(decoders, fields_, logsources_, errors);
    CHECK(errors.empty(), errors.front().sentence.c_str());
    CHECK(decoders_ != nullptr, "the decoders load");
    rules::RuleSet::Loaded loaded = rules::RuleSet::load(rules, fields_, decoders_->fixed_fields());
    rules_ = std::move(loaded.rules);
    std::ranges::move(loaded.errors, std::back_inserter(errors));
    for (const base::Error& error : errors) {
      // Those with placeholders want a list of values.
      if (error.code != "rules-24") fmt::print(stderr, "{}\n", base::to_string(error));
    }
    event::Source source;
    source.input = "bench";
    source_ = sources_.intern(source);
    decoder_.emplace(*decoders_, fields_, sources_);
    matcher_.emplace(rules_, logsources_, fields_);
    load_ms_ = (cpu_ns() - start) / 1e6;
  }

  [[nodiscard]] const rules::RuleSet& rules() const { return *rules_; }
  [[nodiscard]] double load_ms() const { return load_ms_; }

  // Calls each(line, batch, event, its detections) behind the clock.
  template <typename Each>
  Cost judge(const std::vector<std::string_view>& lines, Each&& each) {
    Cost cost;
    for (std::size_t next = 0; next < lines.size();) {
      const std::size_t first = next;
      batch_.clear();
      while (next < lines.size() && batch_.frames.size() < batch_frames &&
             batch_.text_size() < batch_bytes) {
        batch_.add_frame(lines[next++], source_, base::ReceivedTime(1'765'000'000'000'000'000));
      }
      const double start = cpu_ns();
      decoder_->decode(batch_);
      const double decoded = cpu_ns();
      matcher_->match(batch_);
      const double matched = cpu_ns();
      cost.decode += decoded - start;
      cost.match += matched - decoded;
      cost.detections += batch_.detections.size();
      std::size_t at = 0;
      for (std::size_t i = 0; i < batch_.events.size(); ++i) {
        const std::size_t begin = at;
        while (at < batch_.detections.size() && batch_.detections[at].event == i) ++at;
        each(first + i, batch_, i,
             std::span<const event::Detection>(batch_.detections).subspan(begin, at - begin));
      }
    }
    cost.events = lines.size();
    return cost;
  }

  Cost judge(const std::vector<std::string_view>& lines) {
    return judge(lines, [](auto&&...) {});
  }

  // "Sysmon 1", "Security", "PowerShell" ...
  [[nodiscard]] std::string kind_of(const event::Batch& batch, std::size_t index) const {
    const auto value = [&](const char* name) {
      const event::FieldId id = fields_.find(name);
      const event::Field* field = batch.find(batch.events[index], id);
      return field == nullptr ? std::string_view() : field->value();
    };
    const std::string_view channel = value("Channel");
    if (channel.find("Sysmon") != std::string_view::npos)
      return fmt::format("Sysmon {:>2}", value("EventID"));
    if (channel.find("PowerShell") != std::string_view::npos) return "PowerShell";
    if (channel == "Security" || channel == "security") return "Security";
    return "other";
  }

 private:
  event::FieldTable fields_;
  event::LogsourceTable logsources_;
  std::shared_ptr<const ingest::DecoderSet> decoders_;
  std::shared_ptr<const rules::RuleSet> rules_;
  event::SourceTable sources_;
  event::SourceId source_;
  std::optional<ingest::Decoder> decoder_;
  std::optional<rules::Matcher> matcher_;
  event::Batch batch_;
  double load_ms_ = 0;
};

using Ids = std::vector<std::string>;

Ids ids_of(const rules::RuleSet& rules, std::span<const event::Detection> detections) {
  Ids out;
  for (const event::Detection& detection : detections) out.push_back(rules[detection.rule].id);
  return out;
}

// The rules that each original meets; a copy that meets others ends the program.
class Answers {
 public:
  explicit Answers(std::size_t originals) : met_(originals) {}

  void check(std::size_t line, Ids ids) {
    Ids& known = met_[line % met_.size()];
    if (line < met_.size()) {
      known = std::move(ids);
    } else if (known != ids && ++wrong_ <= 10) {
      fmt::print(stderr, "WRONG: line {} meets [{}], its original [{}]\n", line + 1,
                 fmt::join(ids, " "), fmt::join(known, " "));
    }
  }
  void done() const {
    if (wrong_ == 0) return;
    fmt::print(stderr, "WRONG: {} events meet other rules than their originals\n", wrong_);
    std::exit(1);
  }
  [[nodiscard]] const Ids& of(std::size_t original) const { return met_[original]; }
  [[nodiscard]] std::size_t size() const { return met_.size(); }

 private:
  std::vector<Ids> met_;
  std::size_t wrong_ = 0;
};

void print(std::string_view what, const Cost& cost) {
  const auto count = static_cast<double>(cost.events);
  fmt::print(
      "{:24} {:7.0f} k/s  match alone {:7.0f} k/s  {:6.0f} ns/event: decode {:5.0f} match "
      "{:5.0f}\n",
      what, count / cost.whole() * 1e6, count / cost.match * 1e6, cost.whole() / count,
      cost.decode / count, cost.match / count);
}

// The JSON reader alone, on the same lines.
void print_json(const std::vector<std::string_view>& lines, int rounds) {
  event::FieldTable names;
  ingest::LocalNames locals;
  ingest::JsonBody json;
  event::Batch batch;
  double best = 1e18;
  for (int round = 0; round < rounds; ++round) {
    double sum = 0;
    for (std::size_t next = 0; next < lines.size();) {
      batch.clear();
      while (next < lines.size() && batch.text_size() < batch_bytes)
        batch.add_frame(lines[next++], event::SourceId(), base::ReceivedTime());
      const double start = cpu_ns();
      locals.forget();
      for (std::size_t i = 0; i < batch.frames.size(); ++i) {
        event::Event event;
        event.first_field = static_cast<std::uint32_t>(batch.fields.size());
        ingest::BodyContext context{batch, event, names, locals};
        CHECK(json.decode(batch.raw(i), context) == ingest::BodyResult::decoded, "valid JSON");
      }
      sum += cpu_ns() - start;
    }
    best = std::min(best, sum);
  }
  fmt::print("{:24} {:6.0f} ns/event\n", "JSON alone", best / static_cast<double>(lines.size()));
}

Cost best_of(Judge& judge, const std::vector<std::string_view>& lines, int rounds) {
  Cost best;
  for (int round = 0; round < rounds; ++round) {
    const Cost cost = judge.judge(lines);
    if (round == 0 || cost.whole() < best.whole()) best = cost;
  }
  return best;
}

// All events; each must meet what its original meets.
Cost whole(std::string_view what, Judge& judge, const std::vector<std::string_view>& lines,
           Answers& answers, int rounds) {
  judge.judge({lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(answers.size())});
  Cost cost = judge.judge(lines, [&](std::size_t line, const event::Batch&, std::size_t,
                                     std::span<const event::Detection> detections) {
    answers.check(line, ids_of(judge.rules(), detections));
  });
  answers.done();
  if (const Cost again = best_of(judge, lines, rounds - 1);
      again.events != 0 && again.whole() < cost.whole()) {
    cost = again;
  }
  fmt::print("{} rules, loaded in {:.0f} ms; {} events, {} detections\n", judge.rules().size(),
             judge.load_ms(), cost.events, cost.detections);
  print(what, cost);
  return cost;
}

void by_kind(Judge& judge, const std::vector<std::string_view>& lines, int rounds) {
  std::map<std::string, std::vector<std::string_view>> kinds;
  judge.judge(lines, [&](std::size_t line, const event::Batch& batch, std::size_t index,
                         std::span<const event::Detection>) {
    auto& kind = kinds[judge.kind_of(batch, index)];
    if (kind.size() < most_of_a_kind) kind.push_back(lines[line]);
  });
  for (const auto& [name, some] : kinds) {
    if (some.size() >= 150) print(name, best_of(judge, some, rounds));
  }
}

// The hits of few rules are those of all without the others; those of copies are as many each.
void compare(const Answers& all, const Answers& few, const rules::RuleSet& few_rules,
             const Answers* ten) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    Ids expected = all.of(i);
    std::erase_if(expected, [&](const std::string& id) { return !few_rules.find(id); });
    CHECK(expected == few.of(i), "fewer rules meet the same events");
    if (ten != nullptr)
      CHECK(ten->of(i).size() == 10 * all.of(i).size(), "copies of rules meet the same events");
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    fmt::print(stderr, "usage: windows_bench EVENTS ORIGINALS RULES [ROUNDS [ONLY]]\n");
    return 2;
  }
  const std::vector<std::string_view> lines = lines_of(argv[1]);
  const std::size_t originals = std::strtoull(argv[2], nullptr, 10);
  CHECK(originals > 0 && originals <= lines.size(), "as many events as originals, or more");
  const int rounds = argc > 4 ? std::max(1, std::atoi(argv[4])) : 3;
  const std::string_view only = argc > 5 ? argv[5] : "";
  const auto wanted = [&](std::string_view part) { return only.empty() || only == part; };
  const std::vector<base::SourceText> decoders = texts_of(TOCSIN_SOURCE_DIR "/ingest/decoders");
  const std::vector<base::SourceText> rules = texts_of(argv[3]);

  Answers few_answers(originals), answers(originals), ten_answers(originals);
  std::optional<Judge> few, all;
  Cost few_cost, all_cost;
  if (wanted("100")) {
    std::vector<base::SourceText> some;
    for (std::size_t i = 0; i < 100; ++i) some.push_back(rules[i * rules.size() / 100]);
    few.emplace(some, decoders);
    few_cost = whole("100 rules", *few, lines, few_answers, rounds);
  }
  if (wanted("all") || only == "profile") {
    all.emplace(rules, decoders);
    if (only == "profile") {
      // What perf is told as it begins: loading is over.
      if (const char* control = std::getenv("PERF_CONTROL")) std::ofstream(control) << "enable\n";
      print("profile", best_of(*all, lines, rounds));
      return 0;
    }
    all_cost = whole("all rules", *all, lines, answers, rounds);
    print_json(lines, rounds);
    by_kind(*all, lines, rounds);
  }
  if (few && all) {
    compare(answers, few_answers, few->rules(), nullptr);
    fmt::print("all against 100: {:.2f} times\n", all_cost.whole() / few_cost.whole());
  }
  if (wanted("ten")) {
    std::vector<base::SourceText> copies = rules;
    for (std::size_t copy = 1; copy < 10; ++copy) {
      for (const base::SourceText& rule : rules) copies.push_back(copy_of(rule, copy));
    }
    Judge ten(copies, decoders);
    const Cost cost = whole("ten copies of all", ten, lines, ten_answers, rounds);
    if (few && all) {
      compare(answers, few_answers, few->rules(), &ten_answers);
      fmt::print("ten copies against all: {:.2f} times\n", cost.whole() / all_cost.whole());
    }
  }
  return 0;
}
