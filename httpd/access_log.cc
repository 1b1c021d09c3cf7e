#include "httpd/access_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

#include "httpd/access_log_line.h"

namespace kismet {

namespace {

UniqueFd open_for_lines(const std::string& path) {
  // Not to hang on a FIFO that nobody reads.
  return UniqueFd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640));
}

std::string reason(int error) {
  return std::generic_category().message(error);
}

std::uint64_t count_lines(std::string_view lines) {
  return static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
}

}  // namespace

AccessLog::AccessLog(AccessLogSettings settings, Tell trouble)
    : settings_(std::move(settings)), trouble_(std::move(trouble)) {}

std::string AccessLog::open() {
  file_ = open_for_lines(settings_.path);
  return file_ ? std::string() : "cannot write the access log " + settings_.path + ": " + reason(errno);
}

void AccessLog::add(const Request& request, const RequestRecord& record, WallTime end) {
  try {
    add(access_log_line(request, record, end));
  } catch (const std::bad_alloc&) {
    lost_.fetch_add(1, std::memory_order_relaxed);
  }
}

void AccessLog::add(std::string_view line) {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() + before_reopen_.size() + line.size() > settings_.queue) {
    ++overflowed_;
    lost_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  waiting_.append(line);
  wake();
}

void AccessLog::reopen() {
  if (!wanted()) return;
  const std::lock_guard lock(mutex_);
  if (before_reopen_.empty()) {
    before_reopen_.swap(waiting_);
  } else {
    before_reopen_.append(std::exchange(waiting_, {}));
  }
  reopen_ = true;
  wake();
}

/// Under mutex_. Where the system has no thread to give, lines wait for the next who adds one.
void AccessLog::wake() {
  if (!working_) working_ = worker_.post([this] { work(); });
}

void AccessLog::work() {
  for (;;) {
    std::string old;
    std::string lines;
    bool reopen = false;
    std::uint64_t overflowed = 0;
    {
      const std::lock_guard lock(mutex_);
      overflowed = std::exchange(overflowed_, 0);
      if (waiting_.empty() && !reopen_ && overflowed == 0) {
        working_ = false;
        return;
      }
      old.swap(before_reopen_);
      lines.swap(waiting_);
      reopen = std::exchange(reopen_, false);
    }
    bool good = write(old);
    if (reopen) {
      if (UniqueFd fresh = open_for_lines(settings_.path)) {
        file_ = std::move(fresh);
        in_line_ = false;
      } else {
        trouble_("cannot open the access log " + settings_.path + " again: " + reason(errno) + "; the old one goes on");
      }
    }
    good = write(lines) && good;
    if (overflowed > 0) {
      failed(Trouble::queue, overflowed, "they come faster than the disk takes them");
    } else if (good) {
      recovered();
    }
  }
}

bool AccessLog::write(std::string_view lines) {
  if (lines.empty()) return true;
  bool cut = std::exchange(in_line_, false);
  while (!lines.empty()) {
    // What is left of a line there must not begin ours.
    const std::string_view next = cut ? std::string_view("\n") : lines;
    const ssize_t count = ::write(file_.get(), next.data(), next.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      const int error = errno;
      const std::uint64_t lost = count_lines(lines);
      lost_.fetch_add(lost, std::memory_order_relaxed);
      failed(Trouble::disk, lost, reason(error));
      in_line_ = in_line_ || cut;
      return false;
    }
    if (cut) {
      cut = in_line_ = false;
    } else {
      in_line_ = next[static_cast<std::size_t>(count) - 1] != '\n';
      lines.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  return true;
}

void AccessLog::failed(Trouble trouble, std::uint64_t lines, const std::string& why) {
  lost_in_trouble_ += lines;
  if (state_ == Trouble::none) trouble_("the access log " + settings_.path + " loses lines: " + why);
  state_ = trouble;
}

void AccessLog::recovered() {
  if (state_ == Trouble::none) return;
  trouble_("the access log " + settings_.path + " is written again; " + std::to_string(lost_in_trouble_) +
           " lines were lost");
  state_ = Trouble::none;
  lost_in_trouble_ = 0;
}

}  // namespace kismet
