#include "base/chained_buffer.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>

#include "base/memory_pool.h"

namespace kismet {

namespace {

// A stream of short lines keeps one small chunk; a large answer soon grows into chunks worth a system call each.
constexpr std::size_t kSmallestChunk = 512;
constexpr std::size_t kLargestChunk = 64 * 1024;
constexpr std::size_t kCopied = 256;  // Bytes of a spliced buffer up to which they are copied.

}  // namespace

struct ChainedBuffer::Chunk {
  Chunk* next = nullptr;
  std::size_t capacity = 0;  // Bytes of data() in all.
  std::size_t begin = 0;     // First byte not yet consumed.
  std::size_t end = 0;       // One past the last byte written.

  char* data() { return reinterpret_cast<char*>(this + 1); }
  std::size_t room() const { return capacity - end; }
};

ChainedBuffer::ChainedBuffer(ChainedBuffer&& other) noexcept
    : pool_(other.pool_),
      head_(std::exchange(other.head_, nullptr)),
      tail_(std::exchange(other.tail_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

ChainedBuffer& ChainedBuffer::operator=(ChainedBuffer&& other) noexcept {
  if (this == &other) return *this;
  clear();
  pool_ = other.pool_;
  head_ = std::exchange(other.head_, nullptr);
  tail_ = std::exchange(other.tail_, nullptr);
  size_ = std::exchange(other.size_, 0);
  capacity_ = std::exchange(other.capacity_, 0);
  return *this;
}

void ChainedBuffer::add_chunk(std::size_t payload) {
  const std::size_t whole = sizeof(Chunk) + payload;
  Chunk* chunk = new (::operator new(whole)) Chunk;
  chunk->capacity = payload;
  (tail_ ? tail_->next : head_) = chunk;
  tail_ = chunk;
  capacity_ += whole;
  if (pool_) pool_->take(whole);
}

void ChainedBuffer::free_chunk(Chunk* chunk) {
  const std::size_t whole = sizeof(Chunk) + chunk->capacity;
  capacity_ -= whole;
  if (pool_) pool_->give(whole);
  ::operator delete(chunk);
}

void ChainedBuffer::append(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!tail_ || tail_->room() == 0) {
      const std::size_t twice = tail_ ? std::min(2 * (tail_->capacity + sizeof(Chunk)), kLargestChunk) : kSmallestChunk;
      add_chunk(std::max(twice - sizeof(Chunk), std::min(bytes.size(), kLargestChunk - sizeof(Chunk))));
    }
    const std::size_t count = std::min(bytes.size(), tail_->room());
    std::memcpy(tail_->data() + tail_->end, bytes.data(), count);
    tail_->end += count;
    size_ += count;
    bytes.remove_prefix(count);
  }
}

void ChainedBuffer::splice(ChainedBuffer&& other) {
  if (this == &other) return;
  if (other.size_ <= kCopied && tail_ && tail_->room() >= other.size_) {
    std::array<net::const_buffer, kCopied> pieces;
    const std::size_t count = other.front(pieces);
    for (std::size_t i = 0; i < count; ++i) append({static_cast<const char*>(pieces[i].data()), pieces[i].size()});
    other.clear();
    return;
  }
  if (other.empty()) return other.clear();
  if (empty()) clear();
  other.count_in(pool_);
  (tail_ ? tail_->next : head_) = other.head_;
  tail_ = other.tail_;
  size_ += other.size_;
  capacity_ += other.capacity_;
  other.head_ = other.tail_ = nullptr;
  other.size_ = other.capacity_ = 0;
}

std::span<char> ChainedBuffer::prepare(std::size_t size) {
  if (!tail_ || tail_->room() < size) add_chunk(size);
  return {tail_->data() + tail_->end, size};
}

void ChainedBuffer::commit(std::size_t count) {
  tail_->end += count;
  size_ += count;
}

std::size_t ChainedBuffer::front(std::span<net::const_buffer> out) const {
  std::size_t count = 0;
  for (Chunk* chunk = head_; chunk && count < out.size(); chunk = chunk->next) {
    if (chunk->end > chunk->begin) out[count++] = {chunk->data() + chunk->begin, chunk->end - chunk->begin};
  }
  return count;
}

void ChainedBuffer::consume(std::size_t count) {
  size_ -= count;
  while (count > 0) {
    const std::size_t taken = std::min(count, head_->end - head_->begin);
    head_->begin += taken;
    count -= taken;
    if (head_->begin == head_->end) drop_front();
  }
}

void ChainedBuffer::drop_front() {
  Chunk* chunk = head_;
  if (chunk == tail_ && chunk->capacity <= kSmallestChunk) {  // The next short line goes here.
    chunk->begin = chunk->end = 0;
    return;
  }
  head_ = chunk->next;
  if (!head_) tail_ = nullptr;
  free_chunk(chunk);
}

void ChainedBuffer::clear() {
  while (head_) free_chunk(std::exchange(head_, head_->next));
  tail_ = nullptr;
  size_ = 0;
}

void ChainedBuffer::count_in(MemoryPool* pool) {
  if (pool_ == pool) return;
  if (pool_) pool_->give(capacity_);
  pool_ = pool;
  if (pool_) pool_->take(capacity_);
}

}  // namespace kismet
