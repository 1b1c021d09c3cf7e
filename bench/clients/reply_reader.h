#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kismet::bench {

/// Reads one HTTP/1.1 answer out of a connection's bytes, as they come; reset() makes it ready for the next.
/// Thread rule: one thread. Owned by its connection.
class ReplyReader {
 public:
  /// Takes bytes up to the answer's end, and gives `on_body` the content in pieces. Returns how many were taken.
  template <typename OnBody>
  std::size_t take(std::string_view bytes, OnBody&& on_body) {
    std::size_t taken = 0;
    while (taken < bytes.size() && state_ != State::complete && state_ != State::broken) {
      const std::string_view rest = bytes.substr(taken);
      if (state_ == State::content) {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(rest.size(), left_));
        on_body(rest.substr(0, count));
        taken += count;
        left_ -= count;
        if (left_ == 0) state_ = chunked_ ? State::chunk_end : State::complete;
      } else {
        taken += take_line(rest);
      }
    }
    return taken;
  }
  void reset();

  bool complete() const { return state_ == State::complete; }
  bool broken() const { return state_ == State::broken; }
  bool started() const { return state_ != State::head || status_ != 0; }
  unsigned status() const { return status_; }

 private:
  enum class State : std::uint8_t { head, chunk_size, content, chunk_end, trailer, complete, broken };

  std::size_t take_line(std::string_view bytes);
  void handle_line(std::string_view line);
  void handle_head_line(std::string_view line);

  State state_ = State::head;
  bool chunked_ = false;
  unsigned status_ = 0;
  std::uint64_t left_ = 0;  // Bytes of content, or of the chunk at hand.
  std::string line_;        // The begun one.
};

}  // namespace kismet::bench
