#include "console/http/client.hpp"

#include <fmt/format.h>

#include <array>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "console/http/address.hpp"

namespace tocsin::console {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr std::size_t longest_socket_path = 107;

base::Error client_error(std::string_view endpoint, const error_code& error) {
  const bool denied = error == boost::system::errc::permission_denied;
  const bool absent = error == asio::error::connection_refused ||
                      error == boost::system::errc::no_such_file_or_directory;
  return {denied   ? "console-5"
          : absent ? "console-4"
                   : "console-6",
          denied   ? "permission to speak to the daemon is missing"
          : absent ? "no daemon answers"
                   : fmt::format("no whole answer from the daemon: {}", error.message()),
          {std::string(endpoint), 0, 0}};
}

Response head_of(const http::response_header<>& head) {
  Response response{head.result_int(), std::string(head[http::field::content_type]), {}, {}};
  for (const auto& field : head) response.headers.emplace_back(field.name_string(), field.value());
  return response;
}

// Connect, write, read, all within one deadline; `io` is only run here, so this blocks.
template <typename Protocol>
base::Result<Response> exchange(std::string_view name, const typename Protocol::endpoint& endpoint,
                                const http::request<http::string_body>& request,
                                const ClientOptions& options) {
  asio::io_context io;
  beast::basic_stream<Protocol> stream(io);
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(options.max_body);
  error_code outcome;
  stream.expires_after(options.timeout);
  stream.async_connect(endpoint, [&](error_code error) {
    outcome = error;
    if (error) return;
    http::async_write(stream, request, [&](error_code write_error, std::size_t) {
      // A server that refuses early may close while we still write; its answer is there to be read.
      if (write_error && write_error != asio::error::broken_pipe &&
          write_error != asio::error::connection_reset) {
        outcome = write_error;
        return;
      }
      http::async_read(stream, buffer, parser,
                       [&](error_code read_error, std::size_t) { outcome = read_error; });
    });
  });
  io.run();
  if (outcome) return std::unexpected(client_error(name, outcome));
  auto message = parser.release();
  Response response = head_of(message.base());
  response.body = std::move(message.body());
  return response;
}

// The body of a 200 to `on_bytes` as it comes; another answer as a whole.
template <typename Protocol>
class Streaming {
 public:
  using OnBytes = std::function<bool(std::string_view)>;
  Streaming(const ClientOptions& options, const OnBytes& on_bytes)
      : options_(options), on_bytes_(on_bytes) {
    parser_.body_limit(boost::none);
  }

  base::Result<Response> run(std::string_view name, const typename Protocol::endpoint& endpoint,
                             const http::request<http::string_body>& request) {
    stream_.expires_after(options_.timeout);
    stream_.async_connect(endpoint, [this, &request](error_code error) {
      if (stops(error)) return;
      http::async_write(stream_, request, [this](error_code failed, std::size_t) {
        if (stops(failed)) return;
        http::async_read_header(stream_, buffer_, parser_, [this](error_code bad, std::size_t) {
          if (stops(bad)) return;
          response_ = head_of(parser_.get().base());
          stream_.expires_never();
          read();
        });
      });
    });
    io_.run();
    if (outcome_) return std::unexpected(client_error(name, outcome_));
    return std::move(response_);
  }

 private:
  bool stops(error_code error) {
    outcome_ = error;
    return static_cast<bool>(error);
  }

  void read() {
    if (parser_.is_done()) return;
    parser_.get().body().data = bytes_.data();
    parser_.get().body().size = bytes_.size();
    http::async_read_some(stream_, buffer_, parser_, [this](error_code error, std::size_t) {
      const std::string_view came(bytes_.data(), bytes_.size() - parser_.get().body().size);
      if (response_.status == 200) {
        if (!came.empty() && !on_bytes_(came)) return;
      } else if (response_.body.size() < options_.max_body) {
        response_.body += came;
      }
      if (error && error != http::error::need_buffer) {
        outcome_ = error;
        return;
      }
      read();
    });
  }

  const ClientOptions& options_;
  const OnBytes& on_bytes_;
  asio::io_context io_;
  beast::basic_stream<Protocol> stream_{io_};
  beast::flat_buffer buffer_;
  http::response_parser<http::buffer_body> parser_;
  std::array<char, 16384> bytes_;
  Response response_;
  error_code outcome_;
};

base::Result<Response> ask(http::verb method, std::string_view endpoint, std::string_view target,
                           std::string body, std::string_view content_type,
                           const ClientOptions& options,
                           const std::function<bool(std::string_view)>* on_bytes = nullptr) {
  if (!parse_target(target) || target.contains(' '))
    return base::fail("console-1", fmt::format("`{}` is not a path", target));
  http::request<http::string_body> request(method, {target.data(), target.size()}, 11);
  request.set(http::field::host, "localhost");
  request.set(http::field::user_agent, "tocsin");
  request.set(http::field::connection, "close");
  if (method == http::verb::post) {
    request.set(http::field::content_type, {content_type.data(), content_type.size()});
    request.body() = std::move(body);
    request.prepare_payload();
  }
  const auto exchanged = [&]<typename Protocol>(const typename Protocol::endpoint& to) {
    return on_bytes != nullptr ? Streaming<Protocol>(options, *on_bytes).run(endpoint, to, request)
                               : exchange<Protocol>(endpoint, to, request, options);
  };
  try {
    if (endpoint.starts_with('/')) {
      if (endpoint.size() > longest_socket_path)
        return base::fail("console-1", "the socket's path is longer than 107 bytes",
                          {std::string(endpoint), 0, 0});
      using Local = asio::local::stream_protocol;
      return exchanged.operator()<Local>(Local::endpoint(std::string(endpoint)));
    }
    TRY(const Address address, parse_address(endpoint));
    return exchanged.operator()<asio::ip::tcp>(
        asio::ip::tcp::endpoint(asio::ip::make_address(address.ip), address.port));
  } catch (const boost::system::system_error& failed) {
    return std::unexpected(client_error(endpoint, failed.code()));
  }
}

}  // namespace

base::Result<Response> http_get(std::string_view endpoint, std::string_view target,
                                ClientOptions options) {
  return ask(http::verb::get, endpoint, target, {}, {}, options);
}

base::Result<Response> http_post(std::string_view endpoint, std::string_view target,
                                 std::string body, std::string_view content_type,
                                 ClientOptions options) {
  return ask(http::verb::post, endpoint, target, std::move(body), content_type, options);
}

base::Result<Response> http_stream(std::string_view endpoint, std::string_view target,
                                   const std::function<bool(std::string_view)>& on_bytes,
                                   ClientOptions options) {
  return ask(http::verb::get, endpoint, target, {}, {}, options, &on_bytes);
}

}  // namespace tocsin::console
