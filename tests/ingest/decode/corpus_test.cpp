// How many real lines have the address, the user and the time that their sources state, by service.
// TOCSIN_CORPUS=service shows the lines of that service that do not agree; TOCSIN_CORPUS=all lists
// every service.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <optional>

#include "tests/ingest/decode/library_decoder.hpp"

namespace tocsin::ingest {
namespace {

struct Count {
  std::size_t right = 0;
  std::size_t total = 0;
};

// The share that must be right, of `key` ("src", "user", "time") of a service's lines.
struct Bound {
  std::string_view file;
  std::string_view service;
  std::string_view key;
  double share;
};
constexpr Bound bounds[] = {
    {"fail2ban", "sshd", "src", 0.97},         {"fail2ban", "sshd", "time", 0.95},
    {"fail2ban", "sshd-journal", "src", 0.95}, {"fail2ban", "pam-generic", "src", 1.0},
    {"crowdsec", "sshd", "src", 1.0},          {"crowdsec", "sshd", "user", 1.0},
};

class Corpus {
 public:
  Corpus() {
    const char* shown = std::getenv("TOCSIN_CORPUS");
    if (shown != nullptr) shown_ = shown;
  }

  void read() {
    read_stated_lines(library_, [&](const std::string& file, const std::string& service,
                                    std::string_view raw, simdjson::dom::element expect) {
      for (const char* key : {"src", "user", "time"}) {
        simdjson::dom::element wanted;
        if (expect[key].get(wanted)) continue;
        compare(file + "/" + service + "/" + key, service, key, scalar(wanted), got(key), raw);
      }
    });
  }

  // Whether the event has a log source that the rule's covers.
  bool has_logsource(std::string_view json, const event::Logsource& rule) {
    event::Source source;
    source.input = "sigma";
    library_.decode(json, source);
    const auto& all = library_.logsources();
    return std::any_of(all.begin(), all.end(),
                       [&](const event::Logsource& one) { return rule.covers(one); });
  }

  [[nodiscard]] Count count(const Bound& bound) const {
    const auto found = counts_.find(std::string(bound.file) + "/" + std::string(bound.service) +
                                    "/" + std::string(bound.key));
    return found == counts_.end() ? Count{} : found->second;
  }

  void list() const {
    if (shown_ != "all") return;
    for (const auto& [name, count] : counts_) {
      std::cout << name << ": " << count.right << " of " << count.total << "\n";
    }
  }

 private:
  std::string got(std::string_view key) const {
    const event::Event& event = library_.event();
    if (key == "time") return event.has_time ? base::format_rfc3339(event.time.value) : "";
    return key == "user" ? library_.value("user.name") : library_.source();
  }

  void compare(const std::string& name, const std::string& service, std::string_view key,
               std::string wanted, const std::string& got, std::string_view raw) {
    if (key == "time") {
      const auto time = base::parse_rfc3339(wanted);
      ASSERT_TRUE(time) << wanted;
      // Sources state whole seconds of times that have a fraction.
      wanted = base::format_rfc3339(*time).substr(0, 19);
    }
    Count& count = counts_[name];
    ++count.total;
    if (key == "time" ? got.substr(0, 19) == wanted : got == wanted) {
      ++count.right;
    } else if (shown_ == service) {
      std::cout << key << " '" << wanted << "', not '" << got << "' (" << library_.event().decoder
                << "): " << raw << "\n";
    }
  }

  LibraryDecoder library_;
  std::string shown_;
  std::map<std::string, Count> counts_;
};

TEST(Corpus, ServicesHaveTheRightAddressUserAndTime) {
  if (data_folder().empty()) GTEST_SKIP() << "TOCSIN_DATA is not set";
  Corpus corpus;
  corpus.read();
  corpus.list();
  for (const Bound& bound : bounds) {
    const Count count = corpus.count(bound);
    EXPECT_GT(count.total, 0U) << bound.file << " " << bound.service << " " << bound.key;
    EXPECT_GE(static_cast<double>(count.right), bound.share * static_cast<double>(count.total))
        << bound.file << " " << bound.service << " " << bound.key << ": " << count.right << " of "
        << count.total;
  }
}

TEST(Corpus, EventsOfSigmasRulesHaveTheirLogsource) {
  if (data_folder().empty()) GTEST_SKIP() << "TOCSIN_DATA is not set";
  Corpus corpus;
  simdjson::dom::parser parser;
  std::size_t right = 0, total = 0;
  const auto folder = data_folder() / "sigma";
  for (const std::string& line : lines_of(folder / "regression" / "events.ndjson")) {
    simdjson::dom::element record;
    ASSERT_FALSE(parser.parse(line).get(record));
    simdjson::dom::element event;
    if (record["event"].get(event) || !event.is_object()) continue;
    const std::string path(record["rule"].get_string().value());
    auto source = base::read_source((folder / "rules" / path).string());
    ASSERT_TRUE(source) << path;
    const auto documents = base::parse_yaml(*source);
    ASSERT_TRUE(documents) << path;
    const base::YamlNode* logsource = documents->front().find("logsource");
    ASSERT_NE(logsource, nullptr) << path;
    event::Logsource rule;
    for (auto [key, part] : {std::pair{"category", &rule.category},
                             {"product", &rule.product},
                             {"service", &rule.service}}) {
      if (const base::YamlNode* node = logsource->find(key)) *part = node->text;
    }
    ++total;
    if (corpus.has_logsource(simdjson::minify(event), rule)) {
      ++right;
    } else {
      std::cout << path << ": not " << to_string(rule) << "\n";
    }
  }
  std::cout << right << " of " << total << " events have the log source of their rule\n";
  EXPECT_GT(total, 90U);
  EXPECT_EQ(right, total);
}

}  // namespace
}  // namespace tocsin::ingest
