#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/unique_fd.h"

namespace kismet {

/// Where a server listens: an address and port, or a unix socket.
struct ListenAddress {
  std::string address = "127.0.0.1";  // An IPv4 or IPv6 literal; "::" is IPv6 alone.
  std::uint16_t port = 2501;          // 0: any that is free.
  std::string unix_path;              // If not empty, this instead. A socket nobody listens on any more is replaced.
  unsigned unix_mode = 0660;          // Permissions of its file.
  std::optional<::uid_t> unix_user = std::nullopt;   // Owner of its file, and of its folder if that is made; else ours.
  std::optional<::gid_t> unix_group = std::nullopt;  // Group of its file; else ours.

  bool operator==(const ListenAddress&) const = default;
};

/// "127.0.0.1:2501", "[::1]:2501", "unix:/run/x".
std::string to_string(const ListenAddress& address);

/// The file of a unix socket that listens. Removed with its owner, if it is still the same file.
/// Thread rule: one thread at a time.
class SocketFile {
 public:
  SocketFile() = default;
  explicit SocketFile(std::string path);
  ~SocketFile() { remove(); }
  SocketFile(SocketFile&& other) noexcept;
  SocketFile& operator=(SocketFile&& other) noexcept;

 private:
  /// What tells a file from another that has taken its name, and perhaps its inode.
  struct Identity {
    std::uint64_t device = 0, inode = 0, born_seconds = 0, born_nanoseconds = 0;
    bool operator==(const Identity&) const = default;
  };
  static Identity identity_of(const std::string& path);
  void remove();

  std::string path_;
  Identity identity_;
};

/// What came of listening.
struct Listening {
  UniqueFd socket;
  std::uint16_t port = 0;  // The actual one.
  SocketFile file;         // Of a unix socket.
  std::string error;       // Not empty: failed, and this says why, with the address.
};

/// Opens a socket that listens: non-blocking, close-on-exec, no delay. The folder of a unix socket is made (0755) if it
/// is missing. Blocks.
Listening open_listener(const ListenAddress& address);

}  // namespace kismet
