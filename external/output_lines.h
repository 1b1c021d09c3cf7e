#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace kismet {

/// Bounds of what a helper may say on its standard output and error.
struct OutputSettings {
  std::size_t line_limit = 4096;           // Bytes of one line; the rest of a longer one is cut.
  std::size_t lines_a_second = 100;        // Lines that become messages; more are counted and reported in one message.
  std::size_t bytes_a_second = 64 * 1024;  // Bytes that become messages.
  std::size_t read_limit = 8 * 1024 * 1024;  // Bytes read a second; over it the helper's next write waits.
  std::size_t kept_lines = 50;               // Last lines kept for the report on its end.
};

/// Bytes to lines: ends at LF (a CR before it is dropped), cut at a limit. Thread rule: one thread at a time.
class LineSplitter {
 public:
  using OnLine = std::function<void(std::string_view line)>;

  /// `on_line` gets each line without its end; the view is valid while it runs.
  LineSplitter(std::size_t limit, OnLine on_line) : limit_(limit), on_line_(std::move(on_line)) {}

  void feed(std::string_view bytes);
  /// The output is over: what is left without a line end is a line as well.
  void finish();

 private:
  void emit(std::string_view rest);

  std::size_t limit_;
  OnLine on_line_;
  std::string begun_;       // The line whose end has not come yet, up to the limit.
  bool begun_any_ = false;  // Whether that line has a byte, kept or cut.
  std::size_t cut_ = 0;     // Its bytes beyond the limit.
};

/// The lines of one helper, both outputs together: the last ones kept, and as many said as its budget allows.
/// Thread rule: one thread at a time. Owned by the helper's run.
class OutputLog {
 public:
  using Say = std::function<void(std::string_view text)>;

  OutputLog(const Clock& clock, const OutputSettings& settings, Say say);

  void add(std::string_view line);
  /// Says how many lines were left out, if any, and begins a new second. Call it when lines stop coming.
  void flush();
  bool suppressing() const { return suppressed_lines_ > 0; }
  /// The last lines, oldest first.
  const std::deque<std::string>& last() const { return last_; }
  std::uint64_t lines() const { return lines_; }
  std::uint64_t suppressed() const { return suppressed_total_; }

 private:
  const Clock& clock_;
  OutputSettings settings_;
  Say say_;
  std::deque<std::string> last_;
  SteadyTime second_began_{};
  std::size_t said_lines_ = 0;  // In this second.
  std::size_t said_bytes_ = 0;
  std::size_t suppressed_lines_ = 0;
  std::size_t suppressed_bytes_ = 0;
  std::uint64_t lines_ = 0;
  std::uint64_t suppressed_total_ = 0;
};

}  // namespace kismet
