#pragma once

#include <boost/asio/buffer.hpp>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace kismet {

namespace net = boost::asio;

/// The growing buffer between a helper that answers and a client that reads: bytes in at the back, out at the front, in
/// chunks, so that nothing is moved and what was sent is freed. It never refuses bytes by itself: its producer asks
/// size() against the limit and decides (HOUSE.md 14). One producer, one consumer.
/// Thread rule: all members run on the consumer's loop. Owned by the exchange that it belongs to.
class ChainedBuffer {
 public:
  ChainedBuffer() = default;
  ~ChainedBuffer() { clear(); }
  ChainedBuffer(const ChainedBuffer&) = delete;
  ChainedBuffer& operator=(const ChainedBuffer&) = delete;

  /// Copies `bytes` to the back: the one copy between a frame and its client.
  void append(std::string_view bytes);
  /// Fills `out` with the first pieces, in order; returns how many. They stay valid until consume() or clear().
  std::size_t front(std::span<net::const_buffer> out) const;
  /// Frees the first `count` bytes; count <= size().
  void consume(std::size_t count);
  void clear();

  /// Bytes held, not yet consumed.
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// Bytes of memory held, headers and slack included.
  std::size_t capacity() const { return capacity_; }

 private:
  struct Chunk;
  static Chunk* make_chunk(std::size_t capacity);
  void drop_front();

  Chunk* head_ = nullptr;
  Chunk* tail_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace kismet
