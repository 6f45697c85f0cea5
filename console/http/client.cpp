#include "console/http/client.hpp"

#include <fmt/format.h>

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
  Response response{message.result_int(),
                    std::string(message[http::field::content_type]),
                    std::move(message.body()),
                    {}};
  for (const auto& field : message)
    response.headers.emplace_back(field.name_string(), field.value());
  return response;
}

base::Result<Response> ask(http::verb method, std::string_view endpoint, std::string_view target,
                           std::string body, std::string_view content_type,
                           const ClientOptions& options) {
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
  try {
    if (endpoint.starts_with('/')) {
      if (endpoint.size() > longest_socket_path)
        return base::fail("console-1", "the socket's path is longer than 107 bytes",
                          {std::string(endpoint), 0, 0});
      return exchange<asio::local::stream_protocol>(
          endpoint, asio::local::stream_protocol::endpoint(std::string(endpoint)), request,
          options);
    }
    TRY(const Address address, parse_address(endpoint));
    return exchange<asio::ip::tcp>(
        endpoint, asio::ip::tcp::endpoint(asio::ip::make_address(address.ip), address.port),
        request, options);
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

}  // namespace tocsin::console
