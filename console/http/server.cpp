#include "console/http/server.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <list>
#include <optional>
#include <thread>

#include "base/check.hpp"
#include "console/http/address.hpp"
#include "console/http/makers.hpp"
#include "metrics/rows.hpp"

namespace tocsin::console {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using local = asio::local::stream_protocol;

// Asio gives each error twice: in the last argument, which is read here, and as the value returned.
// NOLINTBEGIN(bugprone-unused-return-value)

namespace {

constexpr std::chrono::seconds linger_time{1};
constexpr std::size_t linger_bytes = 256 << 10;
constexpr std::chrono::milliseconds accept_pause{100};
constexpr std::uint64_t max_target = 8192;

// What the server must know of a connection, whatever its protocol.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual void close() = 0;
  // Finishes the answer under way, if any, and ends.
  virtual void finish() = 0;
  [[nodiscard]] virtual bool waits() const = 0;
};

}  // namespace

struct Server::State {
  State(ConsoleOptions console_options, metrics::Registry* metrics_registry)
      : options(std::move(console_options)),
        registry(metrics_registry),
        makers(static_cast<std::size_t>(options.max_streams)) {
    if (registry == nullptr) return;
    connections_open = registry->gauge(metrics::row::http_connections);
    streams_open = registry->gauge(metrics::row::http_streams);
  }

  ConsoleOptions options;
  metrics::Registry* registry;
  metrics::Gauge connections_open;
  metrics::Gauge streams_open;
  std::vector<Route> routes;

  asio::io_context io{1};
  std::optional<tcp::acceptor> tcp_acceptor;
  std::optional<local::acceptor> local_acceptor;
  asio::steady_timer grace{io};
  std::list<std::weak_ptr<Connection>> connections;  // oldest wait first
  Makers makers;
  std::thread thread;
  bool started = false;
  bool stopping = false;
  std::uint16_t port = 0;
  struct stat socket_file{};

  [[nodiscard]] base::Result<void> listen_tcp();
  [[nodiscard]] base::Result<void> listen_local();
  template <typename Protocol>
  void accept(std::optional<asio::basic_socket_acceptor<Protocol>>& acceptor);
  // Makes room for one more connection; false when all are busy.
  [[nodiscard]] bool make_room();
  void begin_stop(std::chrono::milliseconds grace_time);
  void remove_socket_file() const;

  [[nodiscard]] Response answer(Request& request, std::string& route_label) const;
  void count_request(std::string_view route, unsigned status) const;
  void count_closed(std::string_view reason) const;
  void count_stream(std::string_view reason) const;
};

namespace {

// One connection: reads a request, writes its answer, and again. Owned by its pending operation.
template <typename Protocol>
class Session final : public Connection, public std::enable_shared_from_this<Session<Protocol>> {
 public:
  Session(Server::State& server, typename Protocol::socket socket, bool control)
      : server_(server), stream_(std::move(socket)), control_(control), pace_(server.io) {
    if (control_) peer_ = peer_of(stream_.socket().native_handle());
  }
  ~Session() override {
    server_.connections_open.add(-1);
    server_.connections.erase(place_);
    if (server_.stopping && server_.connections.empty()) server_.grace.cancel();
  }

  // `place` is the session's own entry in the server's list.
  void start(std::list<std::weak_ptr<Connection>>::iterator place) {
    place_ = place;
    server_.connections_open.add(1);
    read(server_.options.request_timeout);
  }

  void close() override {
    waiting_ = false;  // nobody needs to choose it again
    error_code ignored;
    stream_.socket().close(ignored);
  }
  void finish() override {
    if (waiting_) return close();
    end_stream("stopped");
  }
  [[nodiscard]] bool waits() const override { return waiting_; }

 private:
  // The deadline stands for the whole head: a peer that sends a byte a second gains nothing.
  void read(std::chrono::nanoseconds limit) {
    if (server_.stopping) return close();
    waiting_ = true;
    server_.connections.splice(server_.connections.end(), server_.connections, place_);
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(server_.options.max_header));
    parser_->body_limit(server_.options.max_body);
    stream_.expires_after(limit);
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = this->shared_from_this()](error_code error, std::size_t) {
                              self->on_header(error);
                            });
  }

  void on_header(error_code error) {
    if (error) return on_read_error(error);
    if (parser_->is_done()) return on_request();
    stream_.expires_after(server_.options.request_timeout);
    if (beast::iequals(parser_->get()[http::field::expect], "100-continue")) {
      static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
      asio::async_write(stream_, asio::buffer(go_on),
                        [self = this->shared_from_this()](error_code failed, std::size_t) {
                          if (!failed) self->read_body();
                        });
      return;
    }
    read_body();
  }

  void read_body() {
    http::async_read(stream_, buffer_, *parser_,
                     [self = this->shared_from_this()](error_code error, std::size_t) {
                       if (error) return self->on_read_error(error);
                       self->on_request();
                     });
  }

  void on_read_error(error_code error) {
    if (error == http::error::end_of_stream || error == asio::error::operation_aborted)
      return close();
    if (error == beast::error::timeout) {
      server_.count_closed("timeout");
      return close();
    }
    if (error == http::error::header_limit || error == http::error::buffer_overflow)
      return refuse(431, "the head of the request is too long");
    if (error == http::error::body_limit) return refuse(413, "the body is too long");
    if (error == http::error::bad_version) return refuse(505, "not HTTP/1.1");
    if (error.category() == http::make_error_code(http::error::bad_method).category() &&
        error != http::error::partial_message)
      return refuse(400, "this is not an HTTP/1.1 request");
    server_.count_closed("broken");
    close();
  }

  void refuse(unsigned status, std::string_view sentence) {
    server_.count_request("none", status);
    write(Response::text(status, fmt::format("{}\n", sentence)), false, false);
  }

  void on_request() {
    waiting_ = false;
    auto message = parser_->release();
    const bool keep = message.version() == 11 && message.keep_alive() && !server_.stopping;
    const bool head = message.method() == http::verb::head;
    const std::string_view target(message.target().data(), message.target().size());
    auto parsed = target.size() > max_target ? std::nullopt : parse_target(target);
    if (!parsed) return refuse(400, "a target that is not a path");
    if (message.version() >= 11 && message.count(http::field::host) != 1)
      return refuse(400, "exactly one Host is needed");
    Request request{head ? "GET" : std::string(message.method_string()),
                    std::move(parsed->path),
                    std::move(parsed->query),
                    std::move(message.body()),
                    control_,
                    peer_};
    std::string route;
    Response response = server_.answer(request, route);
    if (response.stream && !head) {
      auto body = std::make_shared<StreamedBody>();
      if (!server_.stopping && server_.makers.make(std::move(response.stream), body)) {
        server_.count_request(route, response.status);
        return write_stream(response, std::move(body), message.version() == 11);
      }
      server_.count_stream("refused");
      response = Response::text(503, "as many searches as may be are running; try again\n");
      response.headers.emplace_back("Retry-After", "1");
    }
    server_.count_request(route, response.status);
    write(std::move(response), keep, head);
  }

  template <typename Message>
  static void set_head(Message& message, const Response& response) {
    message.result(response.status);
    message.version(11);
    message.set(http::field::server, "tocsin");
    message.set(http::field::content_type, response.content_type);
    message.set(http::field::cache_control, "no-store");
    message.set("X-Content-Type-Options", "nosniff");
    message.set("X-Frame-Options", "DENY");
    message.set("Referrer-Policy", "no-referrer");
    message.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    for (const auto& [name, value] : response.headers) message.set(name, value);
  }

  // ---- an answer that is written while it is made. The connection ends with it.

  void write_stream(const Response& response, std::shared_ptr<StreamedBody> body, bool chunked) {
    waiting_ = false;
    chunked_ = chunked;
    body_ = std::move(body);
    server_.streams_open.add(1);
    body_->set_on_bytes([weak = this->weak_from_this(), &io = server_.io] {
      asio::post(io, [weak] {
        if (const auto self = weak.lock()) self->send_more();
      });
    });
    stream_.expires_never();
    stream_head_.emplace();
    set_head(*stream_head_, response);
    stream_head_->keep_alive(false);
    if (chunked_) stream_head_->chunked(true);
    head_serializer_.emplace(*stream_head_);
    sending_ = true;
    watch();
    set_pace();
    http::async_write_header(
        stream_.socket(), *head_serializer_,
        [self = this->shared_from_this()](error_code error, std::size_t) { self->on_sent(error); });
  }

  void send_more() {
    if (sending_ || !body_) return;
    chunk_ = body_->take();
    auto done = [self = this->shared_from_this()](error_code error, std::size_t) {
      self->on_sent(error);
    };
    if (!chunk_.empty()) {
      sending_ = true;
      set_pace();
      if (!chunked_) return asio::async_write(stream_.socket(), asio::buffer(chunk_), done);
      return asio::async_write(stream_.socket(), http::make_chunk(asio::buffer(chunk_)), done);
    }
    if (!body_->has_ended()) return;
    // Without its last chunk the peer knows that there was to be more.
    if (body_->has_failed()) return end_stream("failed");
    if (!chunked_ || std::exchange(last_sent_, true)) return end_stream("whole");
    sending_ = true;
    set_pace();
    asio::async_write(stream_.socket(), http::make_chunk_last(), done);
  }

  void on_sent(error_code error) {
    pace_.cancel();
    sending_ = false;
    if (error) return end_stream("peer");
    send_more();
  }

  // A peer that takes nothing for so long is let go.
  void set_pace() {
    pace_.expires_after(server_.options.request_timeout);
    pace_.async_wait([weak = this->weak_from_this()](error_code error) {
      const auto self = error ? nullptr : weak.lock();
      if (self) self->end_stream("timeout");
    });
  }

  // Nothing is expected from the peer but its end.
  void watch() {
    stream_.socket().async_read_some(
        asio::buffer(scratch_), [self = this->shared_from_this()](error_code error, std::size_t) {
          if (error) return self->end_stream("peer");
          self->watch();
        });
  }

  void end_stream(std::string_view reason) {
    if (!body_) return;
    body_->close();
    body_.reset();
    pace_.cancel();
    server_.streams_open.add(-1);
    server_.count_stream(reason);
    error_code ignored;
    if (reason == "whole") stream_.socket().shutdown(Protocol::socket::shutdown_send, ignored);
    close();
  }

  void write(Response response, bool keep, bool head) {
    waiting_ = false;
    message_.emplace();
    set_head(*message_, response);
    message_->keep_alive(keep);
    message_->content_length(response.body.size());
    if (!head) message_->body() = std::move(response.body);
    stream_.expires_after(server_.options.request_timeout);
    serializer_.emplace(*message_);
    auto done = [self = this->shared_from_this(), keep](error_code error, std::size_t) {
      self->on_written(error, keep);
    };
    // The head of an answer to HEAD states the body's length and is followed by nothing.
    if (head) return http::async_write_header(stream_, *serializer_, std::move(done));
    http::async_write(stream_, *serializer_, std::move(done));
  }

  void on_written(error_code error, bool keep) {
    serializer_.reset();
    message_.reset();
    if (error) {
      server_.count_closed(error == beast::error::timeout ? "timeout" : "broken");
      return close();
    }
    if (keep && !server_.stopping) return read(server_.options.idle_timeout);
    stream_.socket().shutdown(Protocol::socket::shutdown_send, error);
    if (error) return close();
    waiting_ = true;
    stream_.expires_after(linger_time);
    linger(0);
  }

  // Reads what the peer still sends, for a while: closing at once could take the answer from it.
  void linger(std::size_t read_so_far) {
    if (read_so_far > linger_bytes) return close();
    stream_.async_read_some(asio::buffer(scratch_), [self = this->shared_from_this(), read_so_far](
                                                        error_code error, std::size_t size) {
      if (error) return self->close();
      self->linger(read_so_far + size);
    });
  }

  Server::State& server_;
  beast::basic_stream<Protocol> stream_;
  bool control_;
  std::optional<Peer> peer_;
  bool waiting_ = true;
  beast::flat_buffer buffer_;
  std::array<char, 1024> scratch_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<http::response<http::string_body>> message_;
  std::optional<http::response_serializer<http::string_body>> serializer_;
  std::list<std::weak_ptr<Connection>>::iterator place_;

  // Of an answer that is written while it is made.
  std::shared_ptr<StreamedBody> body_;
  std::optional<http::response<http::empty_body>> stream_head_;
  std::optional<http::response_serializer<http::empty_body>> head_serializer_;
  asio::steady_timer pace_;
  std::string chunk_;
  bool chunked_ = false;
  bool sending_ = false;
  bool last_sent_ = false;
};

base::Error listen_error(std::string_view what, const error_code& error) {
  return {
      "console-2", fmt::format("cannot listen: {}", error.message()), {std::string(what), 0, 0}};
}

base::Error socket_error(const std::string& path, std::string_view why) {
  return {"console-3", fmt::format("the control socket cannot be made: {}", why), {path, 0, 0}};
}

// Removes the socket of a daemon that is gone. Whatever else lies at the path stays.
base::Result<void> clear_stale_socket(const std::string& path, asio::io_context& io) {
  struct stat there{};
  if (lstat(path.c_str(), &there) != 0) {
    if (errno == ENOENT) return {};
    return std::unexpected(socket_error(path, base::system_text(errno)));
  }
  if (!S_ISSOCK(there.st_mode))
    return std::unexpected(socket_error(path, "something else is at that path"));
  local::socket probe(io);
  error_code error;
  probe.connect(local::endpoint(path), error);
  if (!error) return std::unexpected(socket_error(path, "another daemon answers there"));
  if (error != asio::error::connection_refused)
    return std::unexpected(socket_error(path, error.message()));
  if (unlink(path.c_str()) != 0)
    return std::unexpected(socket_error(path, base::system_text(errno)));
  return {};
}

}  // namespace

base::Result<void> Server::State::listen_tcp() {
  TRY(const Address address, parse_address(options.listen));
  const tcp::endpoint endpoint(asio::ip::make_address(address.ip), address.port);
  error_code error;
  tcp::acceptor acceptor(io);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return std::unexpected(listen_error(options.listen, error));
  port = acceptor.local_endpoint(error).port();
  tcp_acceptor.emplace(std::move(acceptor));
  return {};
}

base::Result<void> Server::State::listen_local() {
  const std::string& path = options.socket;
  if (path.size() >= sizeof(sockaddr_un::sun_path))
    return std::unexpected(socket_error(path, "its path is longer than 107 bytes"));
  TRY_VOID(clear_stale_socket(path, io));
  error_code error;
  local::acceptor acceptor(io);
  acceptor.open(local(), error);
  if (!error) acceptor.bind(local::endpoint(path), error);
  // Nobody can connect before listen(), so nobody sees the mode that the umask left.
  constexpr mode_t owner_and_group = 0660;
  if (!error && chmod(path.c_str(), owner_and_group) != 0)
    error.assign(errno, boost::system::system_category());
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return std::unexpected(socket_error(path, error.message()));
  lstat(path.c_str(), &socket_file);
  local_acceptor.emplace(std::move(acceptor));
  return {};
}

template <typename Protocol>
void Server::State::accept(std::optional<asio::basic_socket_acceptor<Protocol>>& acceptor) {
  acceptor->async_accept([this, &acceptor](error_code error, typename Protocol::socket socket) {
    if (stopping || error == asio::error::operation_aborted) return;
    if (error) {
      // Out of descriptors, mostly: wait for some to come back.
      count_closed("accept");
      auto pause = std::make_shared<asio::steady_timer>(io, accept_pause);
      pause->async_wait([this, pause, &acceptor](error_code) {
        if (!stopping) accept(acceptor);
      });
      return;
    }
    if (make_room()) {
      constexpr bool control = std::is_same_v<Protocol, local>;
      auto session = std::make_shared<Session<Protocol>>(*this, std::move(socket), control);
      session->start(connections.insert(connections.end(), session));
    } else {
      count_closed("limit");
    }
    accept(acceptor);
  });
}

bool Server::State::make_room() {
  if (connections.size() < static_cast<std::size_t>(options.max_connections)) return true;
  for (const auto& weak : connections) {
    const auto connection = weak.lock();
    if (!connection || !connection->waits()) continue;
    count_closed("evicted");
    connection->close();
    return true;
  }
  return false;
}

void Server::State::begin_stop(std::chrono::milliseconds grace_time) {
  stopping = true;
  error_code ignored;
  if (tcp_acceptor) tcp_acceptor->close(ignored);
  if (local_acceptor) local_acceptor->close(ignored);
  // One that ends leaves the list.
  for (auto next = connections.begin(); next != connections.end();) {
    const auto connection = (next++)->lock();
    if (connection) connection->finish();
  }
  grace.expires_after(connections.empty() ? std::chrono::milliseconds(0) : grace_time);
  grace.async_wait([this](error_code) {
    for (const auto& weak : connections)
      if (const auto connection = weak.lock()) connection->close();
  });
}

void Server::State::remove_socket_file() const {
  struct stat now{};
  if (options.socket.empty() || lstat(options.socket.c_str(), &now) != 0) return;
  if (now.st_ino == socket_file.st_ino && now.st_dev == socket_file.st_dev)
    unlink(options.socket.c_str());
}

Response Server::State::answer(Request& request, std::string& route_label) const {
  route_label = "none";
  std::string allowed;
  for (const Route& route : routes) {
    if (route.reach == Reach::control_socket && !request.control) continue;
    auto parts = match_path(route.path, request.path);
    if (!parts) continue;
    request.parts = *std::move(parts);
    route_label = route.path;
    if (route.method == request.method) {
      try {
        return route.handler(request);
      } catch (const std::exception&) {
        return Response::text(500, "the request could not be answered\n");
      }
    }
    allowed += (allowed.empty() ? "" : ", ") + route.method;
    if (route.method == "GET") allowed += ", HEAD";
  }
  if (allowed.empty()) return Response::text(404, "there is nothing here\n");
  Response response = Response::text(405, "not by this method\n");
  response.headers.emplace_back("Allow", allowed);
  return response;
}

void Server::State::count_request(std::string_view route, unsigned status) const {
  if (registry == nullptr) return;
  registry->counter(metrics::row::http_requests, {route, std::to_string(status)}).add();
}

void Server::State::count_closed(std::string_view reason) const {
  if (registry != nullptr) registry->counter(metrics::row::http_closed, {reason}).add();
}

void Server::State::count_stream(std::string_view reason) const {
  if (registry != nullptr) registry->counter(metrics::row::http_streams_ended, {reason}).add();
}

Server::Server(ConsoleOptions options, metrics::Registry* registry)
    : state_(std::make_unique<State>(std::move(options), registry)) {
  if (registry == nullptr) return;
  for (const std::string_view reason : {"timeout", "broken", "accept", "limit", "evicted"})
    static_cast<void>(registry->counter(metrics::row::http_closed, {reason}));
  for (const std::string_view reason : {"whole", "failed", "peer", "timeout", "stopped", "refused"})
    static_cast<void>(registry->counter(metrics::row::http_streams_ended, {reason}));
}

Server::~Server() { stop(); }

void Server::route(Route route) {
  CHECK(!state_->started, "a route added to a running server");
  state_->routes.push_back(std::move(route));
}

const std::vector<Route>& Server::routes() const { return state_->routes; }

base::Result<void> Server::start() {
  CHECK(!state_->started, "a server started twice");
  if (!state_->options.listen.empty()) TRY_VOID(state_->listen_tcp());
  if (!state_->options.socket.empty()) {
    if (auto listening = state_->listen_local(); !listening) {
      state_->tcp_acceptor.reset();
      return listening;
    }
  }
  state_->started = true;
  if (state_->tcp_acceptor) state_->accept(state_->tcp_acceptor);
  if (state_->local_acceptor) state_->accept(state_->local_acceptor);
  state_->thread = std::thread([state = state_.get()] { state->io.run(); });
  return {};
}

void Server::stop(std::chrono::milliseconds grace) {
  if (!state_->thread.joinable()) return;
  asio::post(state_->io, [state = state_.get(), grace] { state->begin_stop(grace); });
  state_->thread.join();
  state_->makers.join();  // their bodies are closed
  state_->remove_socket_file();
}

std::uint16_t Server::port() const { return state_->port; }

// NOLINTEND(bugprone-unused-return-value)

}  // namespace tocsin::console
