#include "console/http/address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include "base/text.hpp"

namespace tocsin::console {

base::Result<Address> parse_address(std::string_view text) {
  const auto bad = [&] {
    return base::fail(
        "console-1",
        fmt::format("`{}` is not an address and a port, as 127.0.0.1:9514 or [::1]:9514",
                    base::printable(text)));
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad();
  std::string_view host = text.substr(0, colon);
  const auto port = base::parse_integer(text.substr(colon + 1));
  if (!port || *port < 0 || *port > 65535) return bad();
  const bool bracketed = host.size() > 2 && host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  Address address{std::string(host), static_cast<std::uint16_t>(*port)};
  in6_addr binary{};
  if (inet_pton(bracketed ? AF_INET6 : AF_INET, address.ip.c_str(), &binary) != 1) return bad();
  return address;
}

}  // namespace tocsin::console
