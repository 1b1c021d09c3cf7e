#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "httpd/content_coding.h"

namespace kismet {

/// Compressed forms of files, made once and kept in memory up to a bound; who was not asked for longest makes room.
/// Thread rule: safe everywhere; the lock is held for look-ups alone. Shared by StaticFiles and its jobs on the worker.
class StaticVariants {
 public:
  using Bytes = std::shared_ptr<const std::string>;

  /// `limit`: bytes kept. What does not fit into a quarter of it is not kept at all.
  explicit StaticVariants(std::size_t limit) : limit_(limit) {}

  /// Null: not there. `key` tells the version of the file and the coding.
  Bytes find(const std::string& key);
  /// Reads `size` bytes of the file, compresses and keeps them, unless another has meanwhile. Null: the file is no
  /// longer that long, cannot be read, or memory is used up. Blocks.
  Bytes make(const std::string& key, int file, std::size_t size, ContentCoding coding);

 private:
  struct Kept {
    std::string key;
    Bytes bytes;
  };
  void keep(const std::string& key, const Bytes& bytes);

  const std::size_t limit_;
  std::mutex mutex_;
  std::list<Kept> kept_;  // Asked for last, first; under mutex_ like the next two.
  std::unordered_map<std::string_view, std::list<Kept>::iterator> places_;
  std::size_t held_ = 0;
};

}  // namespace kismet
