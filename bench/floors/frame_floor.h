#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/unique_fd.h"
#include "external/codec.h"

namespace kismet::bench {

/// The least that can stand between wrk and a helper on the same wire: one epoll loop, HTTP read with two searches, no
/// login, no limits, no routes, no time limits. Each round reads all that is there, asks the helper in one write, and
/// answers each client in one write. What the daemon's frames are measured against.
/// Thread rule: one thread. Owned by main.
class FrameFloor {
 public:
  /// `from_helper`, `to_helper`: our ends of the pipes.
  FrameFloor(UniqueFd listener, UniqueFd from_helper, UniqueFd to_helper);
  /// Serves until the helper has gone.
  void run();

 private:
  struct Client {
    UniqueFd socket;
    std::string input;
    std::string content;       // Of its answer, not yet given to the socket.
    std::string leftover;      // What the socket did not take of earlier writes; goes first.
    std::size_t sent = 0;      // Of leftover.
    std::uint32_t serial = 0;  // Tells this client from the descriptor's last one.
    bool head_sent = false;
    bool complete = false;  // `content` holds the answer's end.
    bool ended = false;     // The end went to the socket, or to `leftover`.
    bool dirty = false;     // Listed in dirty_.
    bool blocked = false;   // Waits for EPOLLOUT.
    bool busy = false;      // Has a request open; what it sends meanwhile waits in `input`.
  };
  struct Waiting {
    int fd = -1;
    std::uint32_t serial = 0;
  };

  void accept_all();
  void read_client(Client& client);
  void take_request(Client& client);
  bool read_helper();
  void take_answer(const wire::HttpResponse& answer);
  void mark_dirty(Client& client);
  void flush_helper();
  void flush_clients();
  void flush(Client& client);
  bool send_leftover(Client& client);
  void send_content(Client& client);
  void settle(Client& client);
  void drop(int fd);
  void watch(int fd, std::uint32_t events, int operation);

  UniqueFd listener_;
  UniqueFd from_helper_;
  UniqueFd to_helper_;
  UniqueFd epoll_;
  const wire::Codec& codec_;
  wire::FrameParser parser_;
  std::vector<char> frames_;
  std::size_t filled_ = 0;
  std::string front_;  // Of an answer's content: head, chunk size.
  std::string questions_;
  std::size_t asked_ = 0;  // Of questions_.
  std::uint32_t next_id_ = 0;
  std::uint32_t next_serial_ = 0;
  std::uint32_t seqno_ = 0;
  std::vector<Client> clients_;  // By descriptor.
  std::unordered_map<std::uint32_t, Waiting> waiting_;
  std::vector<int> dirty_;
};

}  // namespace kismet::bench
