#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kismet::test {

/// One answer as it came over the wire.
struct RawAnswer {
  int status = 0;         // 0: the connection ended before a head.
  std::string head;       // With its status line, without the empty line.
  std::string body;       // Without chunk framing.
  bool complete = false;  // By Content-Length, last chunk, or the connection's end where that is the framing.
  std::string header(std::string_view name) const;
};

/// A client that sends what it is told, byte for byte. It waits at most ten seconds for anything.
class RawClient {
 public:
  /// Not connected yet.
  RawClient();
  explicit RawClient(std::uint16_t port);  // On 127.0.0.1.
  struct V6 {};
  RawClient(V6, std::uint16_t port);  // On ::1.
  explicit RawClient(const std::string& unix_path);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void connect(std::uint16_t port);  // On 127.0.0.1.
  void take_little();                // A small receive buffer; before connect().
  /// Whether something has come that was not asked for.
  bool has_input();
  bool connected() const { return connected_; }
  /// False once the other side has reset.
  bool send(std::string_view bytes);
  bool send_slowly(std::string_view bytes);  // Each byte in a segment of its own.
  /// The next answer; `head_only` for the answer to HEAD.
  RawAnswer read_answer(bool head_only = false);
  RawAnswer ask(std::string_view bytes, bool head_only = false);
  /// Reads until `text` has come; false if the connection ended before.
  bool read_until(std::string_view text);
  /// Reads exactly so many bytes; false if the connection ended before.
  bool read_bytes(std::size_t count, std::string& into);
  /// Whether the other side ends the connection without sending more, in order or by reset.
  bool is_closed();
  bool was_reset() const { return reset_; }
  /// What came and was not asked for yet.
  const std::string& pending() const { return pending_; }
  void finish();  // Closes our half.
  void close();   // In order.
  void reset();   // Not in order.
  int descriptor() const { return descriptor_; }

 private:
  bool more();
  void set_up(int descriptor);

  int descriptor_ = -1;
  bool connected_ = false;
  bool reset_ = false;
  std::string pending_;
};

}  // namespace kismet::test
