#include "httpd/response_head.h"

#include <array>
#include <charconv>
#include <ctime>

#include "httpd/error_pages.h"

namespace kismet {

std::string http_date(WallTime time) {
  static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                 kDays[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                                 kMonths[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900, parts.tm_hour,
                                 parts.tm_min, parts.tm_sec);
  return {text.data(), static_cast<std::size_t>(size)};
}

void append_number(std::string& out, std::uint64_t number, int base) {
  std::array<char, 20> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number, base);
  out.append(digits.data(), end);
}

const std::string& HeadRenderer::second_lines() {
  const WallTime now = clock_.wall_now();
  const std::int64_t second = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  if (second != second_) {
    second_ = second;
    second_lines_ = "\r\nServer: Kismet\r\nDate: " + http_date(now) + "\r\n";
  }
  return second_lines_;
}

void HeadRenderer::render(std::string& out, const ResponseHead& head, const HeadOptions& options) {
  const unsigned status = head.status >= 100 && head.status <= 599 ? head.status : 500;
  out += "HTTP/1.1 ";
  if (status == 200) {
    out += "200 OK";
  } else {
    append_number(out, status);
    out.append(" ").append(reason_phrase(status));
  }
  out += second_lines();
  if (!head.content_type.empty()) out.append("Content-Type: ").append(head.content_type).append("\r\n");
  for (const auto& [name, value] : head.headers) out.append(name).append(": ").append(value).append("\r\n");
  out += options.more_lines;
  if (!options.keep_alive) {
    out += "Connection: close\r\n";
  } else if (options.version == 10) {
    out += "Connection: keep-alive\r\n";
  }
  if (options.framing == Framing::length) {
    out += "Content-Length: ";
    append_number(out, options.length);
    out += "\r\n\r\n";
  } else if (options.framing == Framing::chunked) {
    out += "Transfer-Encoding: chunked\r\n\r\n";
  } else {
    out += "\r\n";
  }
}

}  // namespace kismet
