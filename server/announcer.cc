#include "server/announcer.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <concepts>
#include <cstring>
#include <memory>
#include <utility>

#include "base/unique_fd.h"
#include "base/utf8.h"

namespace kismet {
namespace {

constexpr std::uint64_t kTag = 0x00004b49534d4554;
constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kUuidBytes = 36;
constexpr std::size_t kNameBytes = 32;
constexpr std::chrono::seconds kInterval{5};

/// Writes one field after the other.
class Packer {
 public:
  explicit Packer(std::array<char, kAnnouncementBytes>& out) : at_(out.begin()) {}

  template <std::unsigned_integral T>
  Packer& add(T value) {
    for (unsigned shift = 8 * sizeof(T); shift > 0; shift -= 8) {
      *at_++ = static_cast<char>(static_cast<unsigned char>(value >> (shift - 8)));
    }
    return *this;
  }
  Packer& add(std::string_view text, std::size_t size) {
    std::copy_n(text.begin(), std::min(size, text.size()), at_);
    at_ += static_cast<std::ptrdiff_t>(size);
    return *this;
  }

 private:
  std::array<char, kAnnouncementBytes>::iterator at_;
};

std::string text_of(const sockaddr* address) {
  std::array<char, INET_ADDRSTRLEN> text{};
  sockaddr_in v4{};
  std::memcpy(&v4, address, sizeof v4);
  return ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size()) ? text.data() : "";
}

using Interfaces = std::unique_ptr<ifaddrs, void (*)(ifaddrs*)>;

Interfaces interfaces() {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) first = nullptr;
  return {first, ::freeifaddrs};
}

}  // namespace

std::array<char, kAnnouncementBytes> pack(const Announcement& announcement, WallTime now) {
  const auto since = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  const auto microseconds = static_cast<std::uint64_t>(since);
  std::array<char, kAnnouncementBytes> out{};
  Packer(out)
      .add(kTag)
      .add(kVersion)
      .add(announcement.http_port)
      .add(announcement.remote_port)
      .add(microseconds / 1'000'000)
      .add(microseconds % 1'000'000)
      .add(announcement.uuid, kUuidBytes)
      .add(utf8_prefix(announcement.name, kNameBytes), kNameBytes);
  return out;
}

std::vector<std::string> announce_targets(const std::string& address) {
  const bool all = address == "0.0.0.0";
  std::vector<std::string> targets;
  const Interfaces first = interfaces();
  for (const ifaddrs* at = first.get(); at; at = at->ifa_next) {
    if (!at->ifa_addr || at->ifa_addr->sa_family != AF_INET || (at->ifa_flags & IFF_UP) == 0) continue;
    if ((at->ifa_flags & IFF_BROADCAST) == 0 || !at->ifa_broadaddr) continue;
    if (all || text_of(at->ifa_addr) == address) targets.push_back(text_of(at->ifa_broadaddr));
  }
  if (targets.empty() && !all) targets.push_back(address);
  std::sort(targets.begin(), targets.end());
  targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
  return targets;
}

Announcer::Announcer(Loop& loop, AnnounceConfig config, Trouble trouble)
    : loop_(loop),
      config_(std::move(config)),
      trouble_(std::move(trouble)),
      next_(loop.deadlines(), [this] { send(); }) {}

void Announcer::start(Announcement announcement) {
  if (!config_.enabled) return;
  announcement_ = std::move(announcement);
  send();
}

void Announcer::send() {
  next_.set(kInterval);
  const auto bytes = pack(announcement_, loop_.clock().wall_now());
  const std::vector<std::string> targets = announce_targets(config_.address);
  std::string wrong = targets.empty() ? "no network is up that has a broadcast address" : "";
  for (const std::string& target : targets) {
    if (std::string reason = send_to(target, bytes); !reason.empty()) wrong = target + ": " + reason;
  }
  if (!wrong.empty() && wrong != said_) trouble_("server_announce: " + wrong);
  said_ = std::move(wrong);
}

std::string Announcer::send_to(const std::string& target, const std::array<char, kAnnouncementBytes>& bytes) const {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return std::strerror(errno);
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(config_.port);
  if (::inet_pton(AF_INET, target.c_str(), &to.sin_addr) != 1) return "this is no IPv4 address";
  const ssize_t sent =
      ::sendto(socket.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  return sent < 0 ? std::strerror(errno) : "";
}

}  // namespace kismet
