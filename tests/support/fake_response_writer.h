#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/loop.h"
#include "httpd/headers.h"
#include "httpd/response_writer.h"

namespace kismet::testing {

/// A client in memory, as handlers see it: collects what it is sent, stops reading when told, and leaves when told.
/// Thread rule: the loop that it was made with. Owned by the test; outlives the handler's task.
class FakeResponseWriter final : public ResponseWriter {
 public:
  /// `head_request`: the request was HEAD, so that bodies stay behind.
  explicit FakeResponseWriter(Loop& loop, bool head_request = false)
      : loop_(loop), head_request_(head_request), wakeup_(loop.get_executor()), readable_(loop.get_executor()) {}

  // What the client has received.
  unsigned status() const { return head_.status; }
  const ResponseHead& head() const { return head_; }
  const std::string& content_type() const { return head_.content_type; }
  /// The first value of `name`; empty if there is none.
  std::string header(std::string_view name) const {
    for (const auto& [key, value] : head_.headers) {
      if (iequals(key, name)) return value;
    }
    return {};
  }
  const std::string& body() const { return body_; }
  std::size_t writes() const { return writes_; }  // Calls of write() that sent something.
  bool answered() const { return started_; }
  bool has_head() const { return head_left_; }                         // What start() gave leaves with a write().
  bool finished() const { return finished_; }                          // The answer ended in order.
  bool aborted() const { return aborted_; }                            // It was cut so that the client sees it.
  std::optional<std::uint64_t> promised() const { return promised_; }  // Of start_sized().
  bool streamed() const { return streamed_; }                          // It was start()ed rather than sent whole.

  // What the client does.
  void leave() {
    gone_ = true;
    wakeup_.notify();
    readable_.notify();
  }
  /// write() and send() then wait, as they do when the kernel's buffer is full.
  void stop_reading() { reading_ = false; }
  void read_again() {
    reading_ = true;
    readable_.notify();
  }

  Loop& loop() override { return loop_; }
  Wakeup& wakeup() override { return wakeup_; }
  bool client_gone() const override { return gone_ || aborted_; }

  Task<bool> send(const ResponseHead& head, std::string_view body) override {
    begin(head);
    co_await until_read();
    if (client_gone()) co_return false;
    if (!head_request_) body_.append(body);
    ++writes_;
    head_left_ = finished_ = true;
    co_return true;
  }
  Task<bool> send(const ResponseHead& head, ChainedBuffer& body) override {
    begin(head);
    co_await until_read();
    if (client_gone()) co_return false;
    take(body);
    head_left_ = finished_ = true;
    co_return true;
  }
  void start(const ResponseHead& head) override {
    begin(head);
    streamed_ = true;
  }
  void start_sized(const ResponseHead& head, std::uint64_t length) override {
    start(head);
    promised_ = length;
  }
  Task<bool> write(ChainedBuffer& body) override {
    co_await until_read();
    if (client_gone()) co_return false;
    head_left_ = true;
    take(body);
    co_return true;
  }
  Task<bool> finish() override {
    co_await until_read();
    if (promised_ && !head_request_ && *promised_ != body_.size()) abort();
    if (client_gone()) co_return false;
    head_left_ = finished_ = true;
    co_return true;
  }
  void abort() override {
    aborted_ = true;
    readable_.notify();
  }
  bool started() const override { return started_; }

 private:
  void begin(const ResponseHead& head) {
    if (started_) throw std::logic_error("a second answer to one request");
    started_ = true;
    head_ = head;
  }
  Task<void> until_read() {
    while (!reading_ && !client_gone()) co_await readable_.wait();
  }
  void take(ChainedBuffer& body) {
    if (body.empty()) return;
    ++writes_;
    while (!body.empty()) {
      std::array<net::const_buffer, 16> pieces;
      const std::size_t count = body.front(pieces);
      std::size_t bytes = 0;
      for (std::size_t i = 0; i < count; ++i) {
        if (!head_request_) body_.append(static_cast<const char*>(pieces[i].data()), pieces[i].size());
        bytes += pieces[i].size();
      }
      body.consume(bytes);
    }
  }

  Loop& loop_;
  const bool head_request_;
  Wakeup wakeup_;
  Wakeup readable_;
  ResponseHead head_;
  std::string body_;
  std::optional<std::uint64_t> promised_;
  std::size_t writes_ = 0;
  bool started_ = false;
  bool head_left_ = false;
  bool streamed_ = false;
  bool finished_ = false;
  bool aborted_ = false;
  bool gone_ = false;
  bool reading_ = true;
};

}  // namespace kismet::testing
