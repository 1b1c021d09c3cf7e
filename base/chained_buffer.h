#pragma once

#include <boost/asio/buffer.hpp>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace kismet {

class MemoryPool;

namespace net = boost::asio;

/// A growing buffer: bytes in at the back, out at the front, in chunks, so that nothing is moved and what was sent is
/// freed. It never refuses bytes by itself: its producer asks size() against the limit and decides (HOUSE.md 14).
/// Thread rule: one thread at a time. A value of whoever holds it; its pool, if it has one, outlives it.
class ChainedBuffer {
 public:
  ChainedBuffer() = default;
  /// `pool` counts the memory that is held; null: nobody does.
  explicit ChainedBuffer(MemoryPool* pool) : pool_(pool) {}
  ~ChainedBuffer() { clear(); }
  ChainedBuffer(ChainedBuffer&& other) noexcept;
  ChainedBuffer& operator=(ChainedBuffer&& other) noexcept;

  /// Copies `bytes` to the back: the one copy between a frame and its client.
  void append(std::string_view bytes);
  /// Moves all that `other` holds to the back. A few bytes that fit are copied, which is cheaper than a chunk for them.
  void splice(ChainedBuffer&& other);
  /// Room for `size` bytes at the back, in one piece, to be filled and then commit()ted. Valid until the next call.
  std::span<char> prepare(std::size_t size);
  void commit(std::size_t count);
  /// Fills `out` with the first pieces, in order; returns how many. They stay valid until consume() or clear().
  std::size_t front(std::span<net::const_buffer> out) const;
  /// Frees the first `count` bytes; count <= size().
  void consume(std::size_t count);
  void clear();
  /// From now on `pool` counts.
  void count_in(MemoryPool* pool);

  /// Bytes held, not yet consumed.
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// Bytes of memory held, headers and slack included.
  std::size_t capacity() const { return capacity_; }

 private:
  struct Chunk;
  void add_chunk(std::size_t payload);
  void free_chunk(Chunk* chunk);
  void drop_front();

  MemoryPool* pool_ = nullptr;
  Chunk* head_ = nullptr;
  Chunk* tail_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace kismet
