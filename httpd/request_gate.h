#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "httpd/request.h"
#include "httpd/settings.h"

namespace kismet {

/// Why a request is not served, in words for its sender. The connection ends after the answer.
struct Refusal {
  unsigned status = 0;      // 0: not refused.
  std::string_view reason;  // Static text.
  explicit operator bool() const { return status != 0; }
};

/// The strict syntax of a request's head, looked at byte by byte as it comes, before any parser sees it: lines end in
/// CRLF and nothing else, no folding, no space before a colon, no control characters, a request line that can be read
/// in one way only. Throw it away after one head. Thread rule: none of its own. Owned by the RequestParser.
class HeadScanner {
 public:
  enum class State : std::uint8_t { more, complete, refused };

  explicit HeadScanner(const HttpdSettings& settings) : settings_(settings) {}

  /// `bytes` is all that has come so far, the same as last time and more.
  State scan(std::string_view bytes);
  /// Once complete: the head with its empty line lies between these.
  std::size_t begin() const { return begin_; }
  std::size_t end() const { return position_; }
  const Refusal& refusal() const { return refusal_; }

 private:
  State refuse(unsigned status, std::string_view reason);
  State check_unfinished(std::string_view bytes);
  bool take_line(std::string_view line);
  Refusal check_request_line(std::string_view line) const;

  const HttpdSettings& settings_;
  std::size_t begin_ = 0;  // Empty lines before the request line are skipped.
  std::size_t line_begin_ = 0;
  std::size_t position_ = 0;  // Bytes looked at.
  std::size_t lines_ = 0;     // Lines of the head so far.
  Refusal refusal_;
};

/// What the parser notes about a head on the way, for check_head().
struct HeadFacts {
  unsigned hosts = 0;
  unsigned content_lengths = 0;
  unsigned transfer_encodings = 0;
  std::string_view host;            // Valid as long as the head's bytes.
  std::string_view content_length;  // Of the first one.
  std::string_view transfer_encoding;
  std::string_view expect;
};

/// What the head means, where the parser is lenient: one valid Host, one way to tell the body's length, nothing
/// expected that is not done, a target that belongs to us.
Refusal check_head(const Request& request, const HeadFacts& facts, const HttpdSettings& settings);

/// One line of a head or trailer, not empty, without its CRLF and control characters.
Refusal check_field_line(std::string_view line);

/// host [":" port], as Host has it.
bool valid_host(std::string_view host);

/// Fills path and query from the target, which has passed the gate: an absolute target loses its scheme and host,
/// double slashes become one, and `prefix` ("/kismet") is taken off. Returns whether the prefix was there.
bool split_target(Request& request, std::string_view prefix);

}  // namespace kismet
