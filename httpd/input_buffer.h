#pragma once

#include <span>
#include <string>
#include <string_view>

#include "httpd/byte_stream.h"

namespace kismet {

/// What a client has sent and nobody has read yet. Bytes are received into memory that all connections of a loop share
/// and stay there as long as nothing else runs; only what is left when the connection goes to sleep is copied.
/// Thread rule: the connection's loop. Owned by the connection.
class InputBuffer {
 public:
  /// Valid until fill() or keep().
  std::string_view unread() const { return unread_; }
  void consume(std::size_t count) { unread_.remove_prefix(count); }

  /// Receives more behind unread(), by way of `shared`.
  ByteStream::Result fill(ByteStream& stream, std::span<char> shared) {
    keep();
    const ByteStream::Result result = stream.read_some(shared);
    if (!result) return result;
    if (kept_.empty()) {
      unread_ = {shared.data(), *result};
    } else {
      kept_.append(shared.data(), *result);
      unread_ = kept_;
    }
    return result;
  }

  /// Call before the coroutine sleeps: what is unread becomes the connection's own, and memory not needed is freed.
  void keep() {
    if (unread_.empty()) {
      if (kept_.capacity() > sizeof(std::string)) kept_ = std::string();
      kept_.clear();
    } else if (unread_.data() != kept_.data() || unread_.size() != kept_.size()) {
      kept_ = std::string(unread_);
    }
    unread_ = kept_;
  }

  /// Hands out what is unread.
  std::string take() {
    keep();
    unread_ = {};
    return std::exchange(kept_, {});
  }

 private:
  std::string_view unread_;
  std::string kept_;
};

}  // namespace kismet
