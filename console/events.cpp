#include "console/events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"
#include "search/follower.hpp"
#include "search/parser.hpp"
#include "search/row_writer.hpp"
#include "search/searcher.hpp"
#include "search/time_span.hpp"

namespace tocsin::console {

using base::fail;
using base::Result;

namespace {

constexpr std::size_t full = 16 << 10;  // bytes of rows that are sent together
constexpr std::chrono::milliseconds look_interval{50};
// The store's upkeep may move blocks between two looks at it.
constexpr int most_retries = 20;

struct Asked {
  search::Query query;
  search::Columns columns;
  search::RowFormat format = search::RowFormat::json;
  store::TimeSpan span;
  std::uint64_t limit = 0;
  bool follow = false;
};

std::string text_of(const Request& request, std::string_view name) {
  return std::string(request.parameter(name).value_or(""));
}

Result<Asked> parse(const Request& request) {
  static constexpr auto known = std::to_array<std::string_view>(
      {"query", "from", "to", "last", "limit", "fields", "format", "follow"});
  for (const auto& [name, value] : request.query) {
    if (std::ranges::find(known, name) == known.end())
      return fail("console-7", fmt::format("there is no parameter `{}`", base::printable(name)));
  }
  std::string text = text_of(request, "query");
  if (text.empty()) return fail("console-7", "?query= says what to look for; `*` is every event");
  if (const std::string fields = text_of(request, "fields"); !fields.empty())
    text += " | fields " + fields;
  Asked asked;
  TRY(asked.query, search::parse_query(text));
  asked.columns = search::columns_of(asked.query);
  const std::string from = text_of(request, "from"), to = text_of(request, "to"),
                    last = text_of(request, "last");
  if (const std::string wrong = search::read_span(from, to, last, asked.span); !wrong.empty())
    return fail("console-7", wrong);
  if (const auto limit = request.parameter("limit")) {
    const auto number = base::parse_integer(*limit);
    if (!number || *number < 1) return fail("console-7", "?limit is a number from 1 on");
    asked.limit = static_cast<std::uint64_t>(*number);
  }
  if (const auto name = request.parameter("format")) {
    const auto format = search::parse_row_format(*name);
    if (!format) return fail("console-7", "?format is json, csv, raw or lines");
    asked.format = *format;
  }
  if (asked.columns.has_pattern && asked.format != search::RowFormat::json)
    return fail("console-7", "columns are named in full; `*` in them needs format=json");
  if (const auto follow = request.parameter("follow")) {
    if (*follow != "true" && *follow != "false")
      return fail("console-7", "?follow is true or false");
    asked.follow = *follow == "true";
  }
  if (asked.follow && !(from + to + last).empty())
    return fail("console-7", "what is followed begins now; ?from, ?to and ?last do not fit");
  return asked;
}

Response refusal(const base::Error& error) {
  std::string body;
  base::JsonWriter json(body);
  json.begin_object()
      .member("code", std::string_view(error.code))
      .member("sentence", std::string_view(error.sentence));
  if (error.origin.name == "query") json.member("column", error.origin.column);
  json.end_object();
  return Response::json(400, body + "\n");
}

std::string content_type_of(search::RowFormat format) {
  return format == search::RowFormat::json  ? "application/x-ndjson"
         : format == search::RowFormat::csv ? "text/csv; charset=utf-8"
                                            : "text/plain; charset=utf-8";
}

// Rows on their way to the peer.
class Sender {
 public:
  Sender(StreamedBody& body, search::RowFormat format, search::Columns columns)
      : body_(body), format_(format), writer_(format, std::move(columns)) {}

  bool add(const search::Row& row) {
    writer_.add(row, waiting_);
    return waiting_.size() < full || flush();
  }
  bool flush() {
    const bool goes_on = waiting_.empty() || body_.write(waiting_);
    waiting_.clear();
    return goes_on;
  }
  void finish() {
    writer_.finish(waiting_);
    flush();
  }
  void fail(const base::Error& error) {
    if (format_ == search::RowFormat::json) {
      base::JsonWriter json(waiting_);
      json.begin_object().key("error").begin_object();
      json.member("code", std::string_view(error.code))
          .member("sentence", std::string_view(error.sentence));
      json.end_object().end_object();
      waiting_ += '\n';
    }
    flush();
    body_.fail();
  }
  [[nodiscard]] bool needs_raw() const { return writer_.needs_raw(); }

 private:
  StreamedBody& body_;
  search::RowFormat format_;
  search::RowWriter writer_;
  std::string waiting_;
};

void look_through(const EventSources& sources, const Asked& asked, StreamedBody& body) {
  Sender sender(body, asked.format, asked.columns);
  const auto store = sources.open();
  if (!store) return sender.fail(store.error());
  search::SearchOptions options;
  options.span = asked.span;
  options.limit = asked.limit;
  options.threads = sources.threads;
  options.with_raw = sender.needs_raw();
  options.cache = sources.cache;
  options.stopped = [&body] { return body.is_closed(); };
  // What was found so far is seen while the rest is looked through.
  options.on_progress = [&sender](const search::SearchProgress&) { sender.flush(); };
  const auto summary = search::search(
      **store, asked.query, options, [&sender](const search::Row& row) { return sender.add(row); });
  if (!summary) return sender.fail(summary.error());
  sender.finish();
}

void follow(const EventSources& sources, const Asked& asked, StreamedBody& body) {
  Sender sender(body, asked.format, asked.columns);
  std::uint64_t rows = 0;
  auto follower = search::Follower::of(
      asked.query, sender.needs_raw(), sources.cache, [&](const search::Row& row) {
        return sender.add(row) && (++rows < asked.limit || asked.limit == 0);
      });
  if (!follower) return sender.fail(follower.error());
  bool more = true;
  for (int failed = 0; more;) {
    const auto done = sources.with_live([&](const store::Store& store) -> Result<void> {
      TRY(more, (*follower)->advance(store));
      return {};
    });
    if (done) {
      failed = 0;
      more = sender.flush() && more;
    } else if (done.error().code != "engine-8" && ++failed > most_retries) {
      return sender.fail(done.error());
    }
    if (more && !body.wait(look_interval)) return;
  }
  sender.finish();
}

Response answer(const std::shared_ptr<const EventSources>& sources, const Request& request) {
  auto asked = parse(request);
  if (!asked) return refusal(asked.error());
  if (asked->follow) {
    const auto possible = search::Follower::of(asked->query, false, nullptr, {});
    if (!possible) return refusal(possible.error());
  }
  const std::string type = content_type_of(asked->format);
  return Response::streamed(
      type,
      [sources, asked = std::make_shared<const Asked>(*std::move(asked))](StreamedBody& body) {
        asked->follow ? follow(*sources, *asked, body) : look_through(*sources, *asked, body);
      });
}

}  // namespace

void add_event_route(Server& server, EventSources sources) {
  server.route({"GET", "/api/v1/events", Reach::control_socket,
                "Events by a query, newest first, as they are found: ?query= &from= &to= &last= "
                "&limit= &fields= &format= &follow=.",
                [sources = std::make_shared<const EventSources>(std::move(sources))](
                    const Request& request) { return answer(sources, request); }});
}

}  // namespace tocsin::console
