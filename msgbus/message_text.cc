#include "msgbus/message_text.h"

#include <chrono>

#include "base/json_text.h"
#include "base/utf8.h"

namespace kismet {

namespace {

constexpr std::string_view kEllipsis = "...";

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}
bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/// Whether a C1 control or one of the two Unicode line separators begins at `i`; terminals and readers act on them.
std::size_t invisible_at(std::string_view text, std::size_t i) {
  const std::string_view rest = text.substr(i);
  if (rest.size() >= 2 && rest[0] == '\xC2' && static_cast<unsigned char>(rest[1]) < 0xA0) return 2;
  if (rest.starts_with("\xE2\x80\xA8") || rest.starts_with("\xE2\x80\xA9")) return 3;
  return 0;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

void append_visible(std::string& line, char c) {
  static constexpr char kHex[] = "0123456789abcdef";
  line += "\\x";
  line += kHex[static_cast<unsigned char>(c) >> 4];
  line += kHex[static_cast<unsigned char>(c) & 15];
}

std::int64_t seconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

void append_field(std::string& json, std::string_view name, std::string_view text) {
  append_json_string(json, name);
  json += ':';
  append_json_string(json, text);
}

}  // namespace

std::string message_line(std::string_view text, std::size_t max_bytes) {
  // Every byte below becomes one or more: what lies behind can never be part of the line.
  const bool cut = text.size() > max_bytes + 4;
  const std::string valid = to_valid_utf8(trimmed(cut ? text.substr(0, max_bytes + 4) : text));
  std::string line;
  line.reserve(valid.size());
  for (std::size_t i = 0; i < valid.size() && line.size() <= max_bytes; ++i) {
    if (is_blank(valid[i])) {
      line += ' ';
    } else if (is_control(valid[i])) {
      append_visible(line, valid[i]);
    } else if (const std::size_t skip = invisible_at(valid, i); skip > 0) {
      line += ' ';
      i += skip - 1;
    } else {
      line += valid[i];
    }
  }
  if (!cut && line.size() <= max_bytes) return line;
  line.resize(utf8_prefix(line, max_bytes - std::min(max_bytes, kEllipsis.size())).size());
  return line.append(kEllipsis);
}

std::string_view severity_name(Severity severity) {
  switch (severity) {
    case Severity::debug:
      return "DEBUG";
    case Severity::error:
      return "ERROR";
    case Severity::alert:
      return "ALERT";
    case Severity::fatal:
      return "FATAL";
    case Severity::info:
      break;
  }
  return "INFO";
}

std::string message_json(const Message& message) {
  std::string json = "{";
  append_field(json, "kismet.messagebus.message_string", message.text);
  json += ",\"kismet.messagebus.message_flags\":" + std::to_string(static_cast<int>(message.severity));
  json += ",\"kismet.messagebus.message_time\":" + std::to_string(seconds(message.time)) + ",";
  append_field(json, "kismet.messagebus.message_source", message.source);
  json += '}';
  return json;
}

std::string alert_json(const Message& message) {
  std::string json = "{";
  append_field(json, "kismet.alert.header", message.source);
  json += ",\"kismet.alert.class\":\"HELPER\",\"kismet.alert.severity\":10,\"kismet.alert.phy_id\":0";
  json += ",\"kismet.alert.timestamp\":" + std::to_string(seconds(message.time)) + ",";
  append_field(json, "kismet.alert.text", message.text);
  json += '}';
  return json;
}

}  // namespace kismet
