#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "httpd/headers.h"

namespace kismet {

/// How an answer's body is compressed (Content-Encoding).
enum class ContentCoding : std::uint8_t { identity, gzip, brotli, zstd };

/// "gzip", "br", "zstd"; of identity nothing.
std::string_view coding_name(ContentCoding coding);

/// The codings that the client takes, best first, by all of its Accept-Encoding; of those that it likes alike, the one
/// that is quick for its size goes first. None: it wants what it asks for as it is.
std::vector<ContentCoding> accepted_codings(const Headers& request);

/// Whether bodies of that media type get smaller: pictures, archives and the like would only grow.
bool is_worth_coding(std::string_view content_type);

/// `text` in that coding, in one piece; `level` is 1 (quick) to 9 (small). Empty if memory is used up.
std::string encode(ContentCoding coding, unsigned level, std::string_view text);

}  // namespace kismet
