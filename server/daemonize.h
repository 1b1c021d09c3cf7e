#pragma once

#include <cstdint>
#include <optional>

namespace kismet {

/// Opens /dev/null for each of descriptors 0, 1 and 2 that is closed, so that no socket takes its number.
void open_standard_descriptors();

/// Bounds the data of this process and of those that it starts (RLIMIT_DATA). False: the system refused.
bool limit_memory(std::uint64_t bytes);

/// Going into the background: the program divides, and the process that was called waits until the other is ready or
/// has ended, so that its exit code is the truth. Thread rule: the main thread, before any other is there. Lives as
/// long as the program.
class Background {
 public:
  Background() = default;
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  /// Divides. In the process that was called it returns the exit code, once it is known; in the other, nothing.
  std::optional<int> enter();
  /// In the other process: lets the first one end with 0, and leaves its terminal.
  void ready();

 private:
  int pipe_ = -1;
};

}  // namespace kismet
