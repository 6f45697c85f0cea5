// The senders of one input, told apart by what the kernel says of them: an address or a user.
// Path:      recvmmsg, accept (ingest/listen) -> the source of their frames; counters for status
// Units:     frames, bytes
// Threads:   find() the thread of the inputs; list() any
// Errors:    none; at most max_peers are told apart, for addresses can be forged: the others share
//            one source without a peer, and are counted
// Tested by: tests/ingest/listen/peers_test.cpp
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.hpp"
#include "event/source.hpp"
#include "ingest/listen/counters.hpp"

namespace tocsin::ingest {

// "192.0.2.1", "2001:db8::1", "fe80::1%2"; an IPv4 address in an IPv6 one is shown as IPv4. No
// port: a sender that connects again is the same. Empty for other families.
[[nodiscard]] std::string address_text(const sockaddr_storage& address);

struct Peer {
  std::string text;  // as in event::Source::peer; empty: all that are not told apart
  event::SourceId source;
  Count frames;
  Count bytes;
  std::size_t connections = 0;  // open; of the inputs' thread
};

class PeerTable {
 public:
  // `source` is what all have in common; `added` hears of each new source.
  PeerTable(event::Source source, event::SourceTable& sources, std::size_t max_peers,
            std::function<void(event::SourceId)> added);

  // By the sender's address; a reference stays valid.
  [[nodiscard]] Peer& find(const sockaddr_storage& address);
  // By a name that the kernel vouches for.
  [[nodiscard]] Peer& find(std::string_view text, bool authenticated);

  struct Seen {
    std::string peer;
    std::uint64_t frames;
    std::uint64_t bytes;
  };
  // In the order in which they came first, the shared one last when it was needed.
  [[nodiscard]] std::vector<Seen> list() const;

 private:
  Peer& add(std::string key, std::string text, bool authenticated);

  event::Source common_;
  event::SourceTable& sources_;
  std::size_t max_peers_;
  std::function<void(event::SourceId)> added_;
  std::unordered_map<std::string, Peer*, base::TextHash, std::equal_to<>> by_key_;
  std::string last_key_;  // datagrams come in runs
  Peer* last_ = nullptr;
  mutable std::mutex mutex_;  // of the list, while it grows or is read by others
  std::deque<Peer> peers_;
  Peer shared_;
  bool shared_used_ = false;
};

}  // namespace tocsin::ingest
