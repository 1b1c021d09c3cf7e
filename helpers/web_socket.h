#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kismet::helper {

/// The client's side of a websocket (RFC 6455), as much of it as frames need: each is a binary message.
/// Thread rule: none. Owned by the HelperClient.
class WebSocket {
 public:
  /// Appends `frame` to `out` as a message.
  void wrap(std::string_view frame, std::string& out);
  /// Takes what it can off the front of `raw`: the content of messages goes to `content`, and what is to be answered at
  /// once to `answers`. False: the other side has closed, or sent what is no websocket.
  bool unwrap(std::string& raw, std::string& content, std::string& answers);

 private:
  void append(std::uint8_t opcode, std::string_view payload, std::string& out);
};

/// Sixteen random bytes in base 64, for the handshake.
std::string make_web_socket_key();
/// What the server has to answer to `key`.
std::string web_socket_accept(const std::string& key);

}  // namespace kismet::helper
