#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "httpd/response_writer.h"

namespace kismet {

/// How the client learns where the body ends.
enum class Framing : std::uint8_t { none, length, chunked, until_close };

/// What a head says beside what the handler gave.
struct HeadOptions {
  Framing framing = Framing::none;
  std::uint64_t length = 0;  // For Framing::length.
  unsigned version = 11;     // Of the request.
  bool keep_alive = true;
  std::string_view more_lines;  // Whole header lines.
};

/// Writes response heads; the lines that change once a second are kept.
/// Thread rule: one loop. Owned by what serves that loop.
class HeadRenderer {
 public:
  explicit HeadRenderer(const Clock& clock) : clock_(clock) {}

  /// Appends the head and its empty line to `out`. A status that is none becomes 500.
  void render(std::string& out, const ResponseHead& head, const HeadOptions& options);

 private:
  const std::string& second_lines();

  const Clock& clock_;
  std::string second_lines_;  // Server and Date.
  std::int64_t second_ = -1;
};

/// "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(WallTime time);

void append_number(std::string& out, std::uint64_t number, int base = 10);

}  // namespace kismet
