#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/async.h"
#include "base/chained_buffer.h"
#include "base/loop.h"
#include "base/wakeup.h"

namespace kismet {

struct Request;
struct Upgrade;

/// Status and headers of an answer. The writer adds Date, Server, Connection and the framing headers itself.
struct ResponseHead {
  unsigned status = 200;
  std::string content_type;                                  // Empty: none is sent.
  std::vector<std::pair<std::string, std::string>> headers;  // Valid names and values: the caller has checked.
};

/// An answer on its way to one client. Either send() alone, or start() (or start_sized()), write()s, then finish() or
/// abort().
/// Thread rule: all members run on loop(). Owned by the connection; lives as long as the handler's task.
class ResponseWriter {
 public:
  virtual ~ResponseWriter() = default;

  virtual Loop& loop() = 0;
  /// Rings when the client has left. The handler may let its own sources ring it too, and sleeps on it.
  virtual Wakeup& wakeup() = 0;
  /// The client has closed or reset its connection, or is being dropped: end soon, nothing will be sent any more.
  virtual bool client_gone() const = 0;

  /// Sends a whole answer in one write, with Content-Length; for HEAD the body stays behind. Returns false if the
  /// client is gone.
  virtual Task<bool> send(const ResponseHead& head, std::string_view body) = 0;
  /// The same from a buffer that holds all of the answer; consumes it.
  virtual Task<bool> send(const ResponseHead& head, ChainedBuffer& body) = 0;

  /// Begins an answer of unknown length: chunked, or until the end of the connection for HTTP/1.0. Nothing leaves yet.
  virtual void start(const ResponseHead& head) = 0;
  /// Begins an answer whose body will be `length` bytes. Not one more is ever sent: write() and finish() end the
  /// connection where the body turns out longer or shorter.
  virtual void start_sized(const ResponseHead& head, std::uint64_t length) = 0;
  /// Sends (and consumes) what `body` holds, after the head if that has not left yet, gathered; returns when the
  /// kernel has taken it all. What is appended meanwhile goes out too. Returns false if the client is gone, or read
  /// nothing for the write time limit.
  virtual Task<bool> write(ChainedBuffer& body) = 0;
  /// Ends the answer in order.
  virtual Task<bool> finish() = 0;
  /// Ends the connection so that the client sees a truncated answer as one.
  virtual void abort() = 0;
  /// Whether a head has been given with send() or start().
  virtual bool started() const = 0;
  /// Answers 101 with `head` and hands the connection over to the handler, which speaks another protocol on it from
  /// there on (upgrade.h); instead of send() or start(). Null: this connection cannot.
  virtual Upgrade* upgrade(const ResponseHead& /*head*/) { return nullptr; }
};

}  // namespace kismet
