#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/httpd/raw_client.h"

namespace kismet::test {

/// A frame as a client sends it. Everything about it can be wrong.
struct Frame {
  unsigned opcode = 1;
  std::string payload;
  bool fin = true;
  bool masked = true;
  unsigned reserved = 0;      // RSV bits, 1..7.
  unsigned length_bytes = 0;  // 0: the shortest form; else 1, 2 or 8, minimal or not.
  std::string bytes() const;
};

/// What the server sent.
struct ReceivedFrame {
  bool valid = false;  // False: the connection ended.
  bool fin = false;
  bool masked = false;
  unsigned reserved = 0;
  unsigned opcode = 0;
  std::string payload;
  /// Of a close frame; 1005 if it has none.
  int close_code() const;
};

/// A websocket client that can be told to do anything.
class WebSocketClient {
 public:
  WebSocketClient(std::uint16_t port, std::string_view path) : raw_(port), path_(path) {}

  /// The answer to the handshake.
  RawAnswer open(std::string_view more_headers = {});
  bool send(const Frame& frame) { return raw_.send(frame.bytes()); }
  bool send_text(std::string_view text) { return send({.opcode = 1, .payload = std::string(text)}); }
  ReceivedFrame receive();
  /// The code with which the server closes, after any other frames; 0 if it just ends.
  int wait_for_close();
  RawClient& raw() { return raw_; }

 private:
  RawClient raw_;
  std::string path_;
};

/// "\x03\xe8" + reason.
std::string close_payload(int code, std::string_view reason = {});

}  // namespace kismet::test
