// How many real lines have the address, the user and the time that their sources state, by service.
// TOCSIN_CORPUS=service shows the lines of that service that do not agree; TOCSIN_CORPUS=all lists
// every service.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <optional>

#include "base/time.hpp"
#include "ingest/decode/decoder.hpp"
#include "tests/ingest/decode/data_records.hpp"
#include "tests/ingest/decode/library.hpp"

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
    base::Errors errors;
    const auto texts = library_texts();
    set_ = DecoderSet::compile(texts, fields_, logsources_, errors);
    for (const base::Error& error : errors) ADD_FAILURE() << base::to_string(error);
    decoder_ = std::make_unique<Decoder>(*set_, fields_, sources_);
    const char* shown = std::getenv("TOCSIN_CORPUS");
    if (shown != nullptr) shown_ = shown;
  }

  void read(const std::string& file, const event::Source& source) {
    const event::SourceId id = sources_.intern(source);
    simdjson::dom::parser parser;
    for (const std::string& line : lines_of(data_folder() / "linux" / (file + ".ndjson"))) {
      simdjson::dom::element record;
      ASSERT_FALSE(parser.parse(line).get(record));
      batch_.clear();
      batch_.add_frame(record["raw"].get_string().value(), id,
                       base::ReceivedTime(*base::parse_rfc3339("2005-08-14T10:00:00Z")));
      decoder_->decode(batch_);
      const std::string service(record["source"].get_string().value());
      const simdjson::dom::element expect = record["expect"];
      for (const char* key : {"src", "user", "time"}) {
        simdjson::dom::element wanted;
        if (expect[key].get(wanted)) continue;
        compare(file, service, key, scalar(wanted), got(key));
      }
    }
  }

  // Whether the event has a log source that the rule's covers.
  bool has_logsource(std::string_view json, const event::Logsource& rule) {
    event::Source source;
    source.input = "sigma";
    batch_.clear();
    batch_.add_frame(json, sources_.intern(source), base::ReceivedTime(1));
    decoder_->decode(batch_);
    const auto& all = logsources_[batch_.events.front().logsource];
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
  std::string got(std::string_view key) {
    const event::Event& event = batch_.events.front();
    if (key == "time") return event.has_time ? base::format_rfc3339(event.time.value) : "";
    if (key == "user") return text(batch_.find(event, event::field::user_name));
    const std::string address = text(batch_.find(event, event::field::source_ip));
    return address.empty() ? text(batch_.find(event, event::field::source_address)) : address;
  }
  static std::string text(const event::Field* field) {
    return field == nullptr ? std::string() : std::string(field->value());
  }

  void compare(const std::string& file, const std::string& service, std::string_view key,
               std::string wanted, const std::string& got) {
    if (key == "time") {
      const auto time = base::parse_rfc3339(wanted);
      ASSERT_TRUE(time) << wanted;
      // Sources state whole seconds of times that have a fraction.
      wanted = base::format_rfc3339(*time).substr(0, 19);
    }
    Count& count = counts_[file + "/" + service + "/" + std::string(key)];
    ++count.total;
    if (key == "time" ? got.substr(0, 19) == wanted : got == wanted) {
      ++count.right;
    } else if (shown_ == service) {
      std::cout << key << " '" << wanted << "', not '" << got << "' ("
                << batch_.events.front().decoder << "): " << batch_.raw(0) << "\n";
    }
  }

  event::FieldTable fields_;
  event::LogsourceTable logsources_;
  event::SourceTable sources_;
  std::shared_ptr<const DecoderSet> set_;
  std::unique_ptr<Decoder> decoder_;
  event::Batch batch_;
  std::string shown_;
  std::map<std::string, Count> counts_;
};

TEST(Corpus, ServicesHaveTheRightAddressUserAndTime) {
  if (data_folder().empty()) GTEST_SKIP() << "TOCSIN_DATA is not set";
  Corpus corpus;
  event::Source fail2ban;
  fail2ban.input = "fail2ban";
  fail2ban.zone = "CET-01CEST-02,M3.5.0,M10.5.0";
  fail2ban.year_from = *base::parse_rfc3339("2004-08-14T10:00:00Z");
  corpus.read("fail2ban", fail2ban);
  event::Source crowdsec;
  crowdsec.input = "crowdsec";
  crowdsec.year_from = *base::parse_rfc3339("2026-01-01T00:00:00Z");
  corpus.read("crowdsec", crowdsec);
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
