#pragma once

#include <boost/system/result.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/buffer_budget.h"
#include "base/spill_file.h"
#include "base/worker.h"

namespace kismet {

/// The disk for all spilling buffers: opens their files, and has two threads for what may block, so that reading does
/// not wait for writing. Both start with the first buffer that spills.
/// Thread rule: all members are safe everywhere; jobs run on its threads, those of one kind in the order they came.
/// Owned by the composition root; dies after all buffers have been cleared and before the loops.
class SpillSpace {
 public:
  using Open = std::function<boost::system::result<std::unique_ptr<SpillFile>>()>;

  SpillSpace(BufferBudget& budget, Open open) : budget_(budget), open_(std::move(open)) {}

  BufferBudget& budget() { return budget_; }
  boost::system::result<std::unique_ptr<SpillFile>> open() const { return open_(); }
  /// False: the system has no thread to give.
  bool post_write(std::function<void()> job) { return writer_.post(std::move(job)); }
  bool post_read(std::function<void()> job) { return reader_.post(std::move(job)); }
  /// Takes no more jobs; returns once both threads have ended.
  void finish() {
    writer_.finish();
    reader_.finish();
  }

 private:
  // A buffer has at most one read in progress, and its writes hold memory, which the budget bounds.
  static constexpr std::size_t kJobs = 1 << 20;

  BufferBudget& budget_;
  const Open open_;
  Worker writer_{"spill-write", kJobs};
  Worker reader_{"spill-read", kJobs};
};

}  // namespace kismet
