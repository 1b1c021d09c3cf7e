#include "base/chained_buffer.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace kismet {

namespace {

// A stream of short lines keeps one small chunk; a large answer soon grows into chunks worth a system call each.
constexpr std::size_t kSmallestChunk = 512;
constexpr std::size_t kLargestChunk = 64 * 1024;

}  // namespace

struct ChainedBuffer::Chunk {
  Chunk* next = nullptr;
  std::size_t capacity = 0;  // Bytes of data() in all.
  std::size_t begin = 0;     // First byte not yet consumed.
  std::size_t end = 0;       // One past the last byte written.

  char* data() { return reinterpret_cast<char*>(this + 1); }
};

ChainedBuffer::Chunk* ChainedBuffer::make_chunk(std::size_t capacity) {
  void* memory = ::operator new(sizeof(Chunk) + capacity);
  Chunk* chunk = new (memory) Chunk;
  chunk->capacity = capacity;
  return chunk;
}

void ChainedBuffer::append(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!tail_ || tail_->end == tail_->capacity) {
      const std::size_t wanted = std::max({kSmallestChunk, std::min(bytes.size(), kLargestChunk),
                                           tail_ ? std::min(tail_->capacity * 2, kLargestChunk) : 0});
      Chunk* chunk = make_chunk(wanted - sizeof(Chunk));
      (tail_ ? tail_->next : head_) = chunk;
      tail_ = chunk;
      capacity_ += wanted;
    }
    const std::size_t count = std::min(bytes.size(), tail_->capacity - tail_->end);
    std::memcpy(tail_->data() + tail_->end, bytes.data(), count);
    tail_->end += count;
    size_ += count;
    bytes.remove_prefix(count);
  }
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
  capacity_ -= sizeof(Chunk) + chunk->capacity;
  ::operator delete(chunk);
}

void ChainedBuffer::clear() {
  while (head_) {
    Chunk* chunk = head_;
    head_ = chunk->next;
    ::operator delete(chunk);
  }
  tail_ = nullptr;
  size_ = capacity_ = 0;
}

}  // namespace kismet
