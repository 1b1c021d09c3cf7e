#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "base/worker.h"

namespace kismet {

struct Request;
struct RequestRecord;

struct AccessLogSettings {
  std::string path;                     // Empty: there is none.
  std::size_t queue = 4 * 1024 * 1024;  // Bytes of lines that may wait for the disk; more are lost, and counted.
};

/// A file of lines that grows, written behind the backs of those who answer requests. A disk that is full or slow costs
/// lines, never a request; both are told once when they begin, and how many were lost when they end.
/// Thread rule: all members are safe everywhere; the file belongs to the worker's thread.
/// Owned by the composition root; outlives the web server. Its end writes what waits.
class AccessLog {
 public:
  using Tell = std::function<void(const std::string& text)>;

  /// `trouble` is called on the worker's thread.
  AccessLog(AccessLogSettings settings, Tell trouble);

  bool wanted() const { return !settings_.path.empty(); }
  /// Opens the file, or makes it, with mode 0640. Returns an empty string, or why not. Blocks.
  std::string open();
  /// Appends the line of one request (access_log_line.h). Where memory is used up, it is lost.
  void add(const Request& request, const RequestRecord& record, WallTime end);
  /// Appends one line, with its line feed.
  void add(std::string_view line);
  /// Opens the path anew, where another file may lie now (logrotate): what was added before goes to the old file. If it
  /// cannot be opened the old one is written on.
  void reopen();

  /// Lines that were lost.
  std::uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

 private:
  enum class Trouble : std::uint8_t { none, disk, queue };

  void wake();
  void work();
  bool write(std::string_view lines);
  void failed(Trouble trouble, std::uint64_t lines, const std::string& why);
  void recovered();

  const AccessLogSettings settings_;
  const Tell trouble_;

  std::mutex mutex_;
  std::string waiting_;        // Under mutex_, like the next four.
  std::string before_reopen_;  // What waited when reopen() was asked for.
  bool reopen_ = false;
  bool working_ = false;
  std::uint64_t overflowed_ = 0;  // Lines that did not fit, since work() looked last.
  std::atomic<std::uint64_t> lost_{0};

  UniqueFd file_;         // The worker's, like the rest.
  bool in_line_ = false;  // The disk took a part of a line.
  Trouble state_ = Trouble::none;
  std::uint64_t lost_in_trouble_ = 0;
  Worker worker_{"access log"};  // Last: its end runs what waits, which uses the others.
};

}  // namespace kismet
