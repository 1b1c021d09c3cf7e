#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "external/exchange.h"
#include "httpd/response_writer.h"

namespace kismet {

class MimeTypes;

/// The head that a helper's answer may have towards a client, and what was wrong with what the helper asked for.
struct CheckedHead {
  ResponseHead head;
  std::optional<std::uint64_t> length;  // Of the body, as the helper promises it.
  std::vector<std::string> faults;      // For people, one a fault; empty if all was well.
  unsigned bad_cookies = 0;             // Set-Cookie headers that were left out.
};

/// Checks a helper's code and headers (HTTP_API.md B8): a header must have a token for a name and no control characters
/// in its value; framing and hop-by-hop headers never pass, nor a cookie that stands for a login; the code is 200..599
/// (1xx would leave the client waiting), and anything else makes the answer a 502. Without a Content-Type the extension
/// of `path` decides; what is not known by it is text/html, which is what pages of helpers mostly are.
CheckedHead check_head(const HelperAnswer& answer, std::string_view path, const MimeTypes& types);

}  // namespace kismet
