#include "httpd/access_log_line.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>

#include "httpd/percent.h"

namespace kismet {

namespace {

constexpr std::string_view kNothing = "-";

/// What would end a field or a line, or do things to a terminal, is written \xHH.
void append_escaped(std::string& line, std::string_view text, bool quoted) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte > 0x20 && byte < 0x7F && c != '"' && c != '\\';
    if (plain || (c == ' ' && quoted)) {
      line += c;
    } else {
      line.append("\\x").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    }
  }
}

void append_word(std::string& line, std::string_view text) {
  append_escaped(line, text.empty() ? kNothing : text, false);
  line += ' ';
}

void append_quoted(std::string& line, std::string_view text) {
  line += '"';
  append_escaped(line, text.empty() ? kNothing : text, true);
  line += "\" ";
}

/// "[25/Nov/2026:01:50:00 +0000] "
void append_time(std::string& line, WallTime time) {
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), "[%02d/%s/%04d:%02d:%02d:%02d +0000] ", parts.tm_mday,
                                 kMonths[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900, parts.tm_hour,
                                 parts.tm_min, parts.tm_sec);
  line.append(text.data(), static_cast<std::size_t>(size));
}

void append_seconds(std::string& line, std::chrono::nanoseconds time) {
  const double seconds = std::chrono::duration<double>(time).count();
  std::array<char, 40> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.6f ", seconds);
  line.append(text.data(), static_cast<std::size_t>(size));
}

bool is_credential(std::string_view name) {
  const std::string decoded = percent_decode(name, Plus::space);
  return decoded == "KISMET" || decoded == "user" || decoded == "password";
}

std::string request_line(const Request& request) {
  if (request.method.empty()) return {};
  return request.method + " " + without_credentials(request.target) +
         (request.version == 10 ? " HTTP/1.0" : " HTTP/1.1");
}

}  // namespace

std::string without_credentials(std::string_view target) {
  const std::size_t mark = target.find('?');
  if (mark == std::string_view::npos) return std::string(target);
  std::string shown(target.substr(0, mark + 1));
  std::string_view query = target.substr(mark + 1);
  for (bool first = true; !query.empty(); first = false) {
    const std::size_t end = query.find('&');
    const std::string_view field = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (!first) shown += '&';
    const std::size_t equals = field.find('=');
    if (equals != std::string_view::npos && is_credential(field.substr(0, equals))) {
      shown.append(field.substr(0, equals)).append("=***");
    } else {
      shown += field;
    }
  }
  return shown;
}

std::string access_log_line(const Request& request, const RequestRecord& record, WallTime end) {
  std::string line;
  line.reserve(200 + request.target.size());
  append_word(line, request.client_address);
  append_word(line, {});  // What identd would say, which nobody asks.
  append_word(line, request.principal.name);
  append_time(line, end - std::chrono::duration_cast<WallTime::duration>(record.time));
  append_quoted(line, request_line(request));
  line.append(std::to_string(record.status)).append(" ").append(std::to_string(record.body_bytes)).append(" ");
  append_quoted(line, without_credentials(request.headers.get("referer")));
  append_quoted(line, request.headers.get("user-agent"));
  append_word(line, record.owner);
  if (record.time_to_head.count() < 0) {
    append_word(line, {});
  } else {
    append_seconds(line, record.time_to_head);
  }
  append_seconds(line, record.time);
  line += record.complete ? "done\n" : "cut\n";
  return line;
}

}  // namespace kismet
