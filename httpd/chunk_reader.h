#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "httpd/request_gate.h"
#include "httpd/settings.h"

namespace kismet {

/// Reads a chunked body (RFC 9112, 7.1) as its bytes come, in the one way that nobody can read differently: CRLF ends
/// lines and nothing else does, no spaces around sizes and extensions, no framing in trailers. Extensions and trailers
/// are checked, bounded and dropped. (Beast's own decoder is lenient here, and asserts on an empty body that comes in
/// pieces.) Thread rule: none of its own. Owned by the RequestParser.
class ChunkReader {
 public:
  enum class State : std::uint8_t { more, complete, refused };

  explicit ChunkReader(const HttpdSettings& settings) : settings_(settings) {}

  /// Takes bytes off `input` up to the end of the body, and appends its data to `body`.
  State put(std::string_view& input, std::string& body);
  const Refusal& refusal() const { return refusal_; }

 private:
  enum class Place : std::uint8_t { size, extension, size_end, data, data_end, data_end_2, trailer, trailer_end, done };

  State refuse(unsigned status, std::string_view reason);
  bool take(char c);
  bool take_size(char c);
  bool take_text(char c, Place at_end);
  bool begin_chunk();
  bool end_trailer_line();
  bool is(char c, char wanted, Place next);

  const HttpdSettings& settings_;
  Place place_ = Place::size;
  std::uint8_t digits_ = 0;
  std::uint64_t left_ = 0;    // The chunk's size, then what is missing of its data.
  std::size_t total_ = 0;     // Bytes of data.
  std::size_t overhead_ = 0;  // Bytes of extensions and trailers.
  std::string line_;          // The extension or trailer so far.
  Refusal refusal_;
};

}  // namespace kismet
