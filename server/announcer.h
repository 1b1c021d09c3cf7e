#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/deadlines.h"
#include "base/loop.h"
#include "server/config.h"

namespace kismet {

/// What the network is told.
struct Announcement {
  std::uint32_t http_port = 0;    // 0: none over TCP.
  std::uint32_t remote_port = 0;  // Of helpers that connect; 0: none.
  std::string uuid;
  std::string name;  // Cut to 32 bytes.
};

inline constexpr std::size_t kAnnouncementBytes = 102;
/// As Kismet's own announcement is laid out (HTTP_API.md B4): packed, big-endian.
std::array<char, kAnnouncementBytes> pack(const Announcement& announcement, WallTime now);

/// Whom `address` means, as IPv4 addresses: for 0.0.0.0 the broadcast address of every network that is up; for an
/// address of this machine the broadcast address of its network, if that has one; else `address` itself.
std::vector<std::string> announce_targets(const std::string& address);

/// Sends an announcement every five seconds. What cannot be sent is said once, until it works again.
/// Thread rule: all members on the loop. Owned by the composition root; destroying it ends it.
class Announcer {
 public:
  using Trouble = std::function<void(const std::string& text)>;

  Announcer(Loop& loop, AnnounceConfig config, Trouble trouble);
  Announcer(const Announcer&) = delete;
  Announcer& operator=(const Announcer&) = delete;

  void start(Announcement announcement);
  void stop() { next_.clear(); }

 private:
  void send();
  std::string send_to(const std::string& target, const std::array<char, kAnnouncementBytes>& bytes) const;

  Loop& loop_;
  const AnnounceConfig config_;
  const Trouble trouble_;
  Announcement announcement_;
  std::string said_;  // The trouble of the last time.
  Deadline next_;
};

}  // namespace kismet
