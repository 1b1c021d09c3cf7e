#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/tally.h"
#include "httpd/client_link.h"
#include "httpd/coded_answer.h"
#include "httpd/input_buffer.h"
#include "httpd/request.h"
#include "httpd/response_head.h"
#include "httpd/response_writer.h"
#include "httpd/settings.h"
#include "httpd/upgrade.h"

namespace kismet {

/// Answers over a connection: head, framing and as much of the body as there is leave in one gathered write, tried at
/// once; only what the kernel does not take waits.
/// Thread rule and ownership: ResponseWriter's. One object serves all requests of a connection, one after the other.
class HttpResponseWriter final : public ResponseWriter {
 public:
  /// What all connections of a loop share.
  struct Shared {
    HeadRenderer& renderer;
    std::string& head_space;  // A head lies there until its first write.
    std::span<char> receive_space;
    const HttpdSettings& settings;
    Tally& websockets;  // Counts those that begin.
  };

  HttpResponseWriter(ClientLink& link, InputBuffer& input, const Shared& shared)
      : link_(link), input_(input), shared_(shared) {}

  // For the connection:
  /// Begins a request's answer.
  void begin(const Request& request, bool keep_alive);
  /// Adds whole header lines to the head that is to come.
  void add_lines(std::string_view lines) { more_lines_ += lines; }
  void add_line(std::string_view name, std::string_view value);
  /// The connection ends after this answer.
  void close_after() { keep_alive_ = false; }
  bool keep_alive() const { return keep_alive_; }
  /// Whether the answer has left as a whole.
  bool complete() const { return phase_ == Phase::complete; }
  unsigned status() const { return status_; }
  std::uint64_t body_bytes() const { return body_bytes_; }
  /// When the answer's head was made; the clock's beginning before that.
  SteadyTime started_at() const { return started_at_; }
  /// Call when the client has closed its half: finds out whether it still listens, by sending the first bytes of what
  /// must come anyway. One that has left answers with a reset (docs/HTTP.md).
  void probe();

  Loop& loop() override { return link_.loop(); }
  Wakeup& wakeup() override { return link_.wakeup(); }
  bool client_gone() const override;
  Task<bool> send(const ResponseHead& head, std::string_view body) override;
  Task<bool> send(const ResponseHead& head, ChainedBuffer& body) override;
  void start(const ResponseHead& head) override;
  void start_sized(const ResponseHead& head, std::uint64_t length) override;
  Task<bool> write(ChainedBuffer& body) override;
  Task<bool> finish() override;
  void abort() override;
  bool started() const override { return phase_ != Phase::waiting; }
  Upgrade* upgrade(const ResponseHead& head) override;
  /// What upgrade() gave, if it did for this request.
  Upgrade* upgraded() const { return upgrade_.get(); }

 private:
  enum class Phase : std::uint8_t { waiting, sending, streaming, upgraded, complete, aborted };
  enum class Step : std::uint8_t { done, blocked, failed };

  /// What becomes of a whole answer that the client wants compressed; null: it goes as it is.
  template <typename Body>
  std::unique_ptr<CodedAnswer> code(const ResponseHead& head, Body& body);
  void open(const ResponseHead& head, Framing framing, std::uint64_t length);
  bool complete_if(bool sent);
  Step push(std::string_view& body);
  Step push(ChainedBuffer& body);
  Step push(std::span<net::const_buffer> pieces, std::size_t& body_sent);
  void begin_chunk(std::size_t size);
  void keep_text();
  bool still_blocked() const;
  void block();
  void unblock();

  ClientLink& link_;
  InputBuffer& input_;
  Shared shared_;
  const Headers* asked_ = nullptr;  // The request's.
  SteadyTime started_at_{};

  Phase phase_ = Phase::waiting;
  Framing framing_ = Framing::none;
  bool head_only_ = false;  // No body goes out: HEAD, 204, 304.
  bool keep_alive_ = true;
  bool probed_ = false;
  bool moved_ = false;  // Bytes left since the client last blocked.
  bool blocked_ = false;
  std::uint8_t version_ = 11;
  std::uint8_t line_begin_ = 0;
  std::uint8_t line_end_ = 0;
  std::uint8_t crlf_left_ = 0;  // Bytes of the CRLF that ends the chunk.
  std::array<char, 20> line_;   // What comes before a chunk, or the end of all chunks.
  unsigned status_ = 0;
  std::size_t chunk_left_ = 0;  // Bytes of the chunk's data.
  std::uint64_t body_bytes_ = 0;
  std::uint64_t promised_ = 0;  // Of start_sized().
  std::string_view text_;       // Of the head, not sent yet; in head_space or kept_.
  std::string kept_;
  std::string more_lines_;
  std::unique_ptr<Upgrade> upgrade_;
};

}  // namespace kismet
