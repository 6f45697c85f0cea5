#include "store/chain.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <cstring>

#include "base/check.hpp"
#include "base/varint.hpp"

namespace tocsin::store {

struct Digester::Rep {
  EVP_MD* sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* context = EVP_MD_CTX_new();

  ~Rep() {
    EVP_MD_CTX_free(context);
    EVP_MD_free(sha256);
  }
};

Digester::Digester() : rep_(std::make_unique<Rep>()) {
  CHECK(rep_->sha256 != nullptr && rep_->context != nullptr, "OpenSSL has no SHA-256");
}
Digester::~Digester() = default;

base::Sha256 Digester::digest(bool lines, base::ReceivedTime least, std::string_view columns,
                              std::string_view text) {
  // Lengths in front, so that no two contents give the same bytes.
  std::array<char, 13> head{};
  head[0] = lines ? 1 : 0;
  const auto columns_size = static_cast<std::uint32_t>(columns.size());
  std::memcpy(head.data() + 1, &columns_size, sizeof columns_size);
  std::memcpy(head.data() + 5, &least.value, sizeof least.value);
  base::Sha256 out{};
  EVP_MD_CTX* const context = rep_->context;
  const bool done = EVP_DigestInit_ex2(context, rep_->sha256, nullptr) == 1 &&
                    EVP_DigestUpdate(context, head.data(), head.size()) == 1 &&
                    EVP_DigestUpdate(context, columns.data(), columns.size()) == 1 &&
                    EVP_DigestUpdate(context, text.data(), text.size()) == 1 &&
                    EVP_DigestFinal_ex(context, out.data(), nullptr) == 1;
  CHECK(done, "OpenSSL refused a SHA-256");
  return out;
}

base::Sha256 extend(const base::Sha256& before, event::Seq first, std::uint32_t frames,
                    const base::Sha256& digest) {
  std::array<char, 76> link{};
  std::memcpy(link.data(), before.data(), before.size());
  std::memcpy(link.data() + 32, &first.value, sizeof first.value);
  std::memcpy(link.data() + 40, &frames, sizeof frames);
  std::memcpy(link.data() + 44, digest.data(), digest.size());
  return base::sha256({link.data(), link.size()});
}

void put_segments(std::span<const std::uint32_t> segments, std::string& out) {
  if (segments.size() < 2) return;
  for (std::size_t i = 0; i < segments.size();) {
    std::size_t end = i + 1;
    while (end < segments.size() && segments[end] == segments[i]) ++end;
    base::put_varint(out, segments[i]);
    base::put_varint(out, end - i);
    i = end;
  }
}

std::optional<Segments> read_segments(std::string_view bytes, std::uint32_t frames) {
  if (bytes.empty()) return Segments{frames};
  Segments out;
  base::VarintReader in(bytes);
  std::uint64_t left = frames;
  while (left > 0) {
    const std::uint64_t size = in.number();
    const std::uint64_t run = in.number();
    if (!in.ok() || size == 0 || run == 0 || run > left / size) return std::nullopt;
    left -= size * run;
    out.insert(out.end(), run, static_cast<std::uint32_t>(size));
  }
  if (!in.done()) return std::nullopt;
  return out;
}

}  // namespace tocsin::store
