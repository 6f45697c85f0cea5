#include "ingest/listen/peers.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <cstring>

namespace tocsin::ingest {

namespace {

// The bytes that make a sender: the address and, where it is local to a link, the link.
struct AddressKey {
  char bytes[20];
  std::size_t size = 0;

  [[nodiscard]] std::string_view view() const { return {bytes, size}; }
};

AddressKey key_of(const sockaddr_storage& address) {
  AddressKey key;
  auto put = [&](const void* from, std::size_t size) {
    std::memcpy(key.bytes + key.size, from, size);
    key.size += size;
  };
  if (address.ss_family == AF_INET) {
    put(&reinterpret_cast<const sockaddr_in&>(address).sin_addr, 4);
  } else if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      put(v6.sin6_addr.s6_addr + 12, 4);
    } else {
      put(&v6.sin6_addr, 16);
      if (IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr)) put(&v6.sin6_scope_id, sizeof v6.sin6_scope_id);
    }
  }
  return key;
}

}  // namespace

std::string address_text(const sockaddr_storage& address) {
  const AddressKey key = key_of(address);
  char text[INET6_ADDRSTRLEN] = "";
  if (key.size == 4) {
    ::inet_ntop(AF_INET, key.bytes, text, sizeof text);
  } else if (key.size >= 16) {
    ::inet_ntop(AF_INET6, key.bytes, text, sizeof text);
    if (key.size > 16) {
      return fmt::format("{}%{}", text,
                         reinterpret_cast<const sockaddr_in6&>(address).sin6_scope_id);
    }
  }
  return text;
}

PeerTable::PeerTable(event::Source source, event::SourceTable& sources, std::size_t max_peers,
                     std::function<void(event::SourceId)> added)
    : common_(std::move(source)),
      sources_(sources),
      max_peers_(max_peers),
      added_(std::move(added)) {
  common_.peer.clear();
}

Peer& PeerTable::find(const sockaddr_storage& address) {
  const AddressKey key = key_of(address);
  if (last_ != nullptr && last_key_ == key.view()) return *last_;
  const auto known = by_key_.find(key.view());
  Peer& peer = known != by_key_.end() ? *known->second
                                      : add(std::string(key.view()), address_text(address), false);
  last_key_ = key.view();
  last_ = &peer;
  return peer;
}

Peer& PeerTable::find(std::string_view text, bool authenticated) {
  if (last_ != nullptr && last_key_ == text) return *last_;
  const auto known = by_key_.find(text);
  Peer& peer = known != by_key_.end() ? *known->second
                                      : add(std::string(text), std::string(text), authenticated);
  last_key_ = text;
  last_ = &peer;
  return peer;
}

Peer& PeerTable::add(std::string key, std::string text, bool authenticated) {
  const std::lock_guard lock(mutex_);
  Peer* peer = &shared_;
  if (peers_.size() < max_peers_) {
    peer = &peers_.emplace_back();
    peer->text = std::move(text);
    by_key_.emplace(std::move(key), peer);
  } else if (shared_used_) {
    return shared_;
  } else {
    shared_used_ = true;
  }
  event::Source source = common_;
  source.peer = peer->text;
  source.authenticated = source.authenticated || authenticated;
  if (peer == &shared_) source.authenticated = false;
  peer->source = sources_.intern(source);
  added_(peer->source);
  return *peer;
}

std::vector<PeerTable::Seen> PeerTable::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<Seen> out;
  out.reserve(peers_.size() + 1);
  for (const Peer& peer : peers_) out.push_back({peer.text, peer.frames.get(), peer.bytes.get()});
  if (shared_used_) out.push_back({"", shared_.frames.get(), shared_.bytes.get()});
  return out;
}

}  // namespace tocsin::ingest
