#pragma once

#include <algorithm>
#include <atomic>
#include <boost/asio/error.hpp>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <vector>

#include "base/spill_file.h"

namespace kismet::testing {

/// A temporary disk in memory that stands still, forgets its cache and fails when told. Thread rule: safe everywhere;
/// what is set is set before the file is used. Shared by the test and its files.
class MemoryDisk : public std::enable_shared_from_this<MemoryDisk> {
 public:
  boost::system::result<std::unique_ptr<SpillFile>> open() {
    if (!opens) return make_error_code(boost::system::errc::permission_denied);
    return std::unique_ptr<SpillFile>(std::make_unique<File>(shared_from_this()));
  }
  /// Writing stands still until it is held no more.
  void hold(bool on) {
    const std::lock_guard lock(mutex_);
    held_ = on;
    moved_.notify_all();
  }

  bool opens = true;
  bool cached = true;  // Reads need not wait.
  bool may_punch = true;
  std::atomic<int> good_writes{1 << 30};  // So many; the next says that the disk is full.
  std::atomic<int> good_reads{1 << 30};
  std::atomic<std::uint64_t> punched{0};

 private:
  class File final : public SpillFile {
   public:
    explicit File(std::shared_ptr<MemoryDisk> disk) : disk_(std::move(disk)) {}

    boost::system::error_code write(std::span<const net::const_buffer> from, std::uint64_t offset) override {
      std::unique_lock lock(disk_->mutex_);
      disk_->moved_.wait(lock, [this] { return !disk_->held_; });
      if (--disk_->good_writes < 0) return make_error_code(boost::system::errc::no_space_on_device);
      bytes_.resize(std::max(bytes_.size(), static_cast<std::size_t>(offset) + net::buffer_size(from)));
      for (const net::const_buffer& piece : from) {
        std::memcpy(bytes_.data() + offset, piece.data(), piece.size());
        offset += piece.size();
      }
      return {};
    }
    boost::system::result<std::size_t> read(std::span<char> into, std::uint64_t offset, Wait wait) override {
      const std::lock_guard lock(disk_->mutex_);
      if (wait == Wait::never && !disk_->cached) return boost::system::error_code(net::error::would_block);
      if (--disk_->good_reads < 0) return make_error_code(boost::system::errc::io_error);
      if (offset >= bytes_.size()) return boost::system::error_code(net::error::eof);
      const std::size_t count = std::min(into.size(), bytes_.size() - static_cast<std::size_t>(offset));
      std::memcpy(into.data(), bytes_.data() + offset, count);
      return count;
    }
    boost::system::error_code punch(std::uint64_t offset, std::uint64_t size) override {
      const std::lock_guard lock(disk_->mutex_);
      if (!disk_->may_punch) return make_error_code(boost::system::errc::operation_not_supported);
      std::fill_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), size, '\0');
      disk_->punched += size;
      return {};
    }

   private:
    const std::shared_ptr<MemoryDisk> disk_;
    std::vector<char> bytes_;  // Under the disk's mutex.
  };

  std::mutex mutex_;
  std::condition_variable moved_;
  bool held_ = false;
};

}  // namespace kismet::testing
