#include "server/ctl_lines.h"

#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

#include "server/ctl_json.h"
#include "server/ctl_table.h"

namespace kismet {

namespace {

using Json = nlohmann::json;

struct SeverityLook {
  const char* name;
  Colour colour;
};

SeverityLook severity_of(double flags) {
  const auto bits = static_cast<unsigned>(flags);
  if (bits & 16U) return {"FATAL", Colour::red};
  if (bits & 8U) return {"ALERT", Colour::red};
  if (bits & 4U) return {"ERROR", Colour::red};
  if (bits & 1U) return {"DEBUG", Colour::dim};
  return {"INFO", Colour::none};
}

std::string clock_of(double seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm local{};
  char text[32] = "?";
  if (localtime_r(&time, &local)) std::strftime(text, sizeof text, "%H:%M:%S", &local);
  char fraction[16];
  std::snprintf(fraction, sizeof fraction, ".%03d", static_cast<int>((seconds - static_cast<double>(time)) * 1000));
  return std::string(text) + fraction;
}

}  // namespace

std::string show_message(const Json& message, bool colours) {
  const SeverityLook severity = severity_of(number_at(message, "kismet.messagebus.message_flags"));
  const std::string text = printable(text_at(message, "kismet.messagebus.message_string"));
  const std::string source = printable(text_at(message, "kismet.messagebus.message_source"));
  std::string line = shown_time(number_at(message, "kismet.messagebus.message_time")) + " ";
  line +=
      coloured(severity.name, severity.colour, colours) + std::string(6 - std::string_view(severity.name).size(), ' ');
  if (!source.empty() && source != "kismet") line += source + ": ";
  return line + text + '\n';
}

std::string show_frame(const Json& frame, bool colours) {
  if (const Json& lost = json_at(frame, "dropped"); lost.is_number()) {
    return coloured("[" + lost.dump() + " frames lost: this terminal is too slow]", Colour::red, colours) + '\n';
  }
  if (const std::string fault = text_at(frame, "error"); !fault.empty()) return printable(fault) + '\n';
  const bool in = text_at(frame, "direction") == "in";
  std::string name = text_at(frame, "command");
  if (name.empty()) name = "?";
  std::string line = clock_of(number_at(frame, "time")) + (in ? " < " : " > ") + text_at(frame, "generation") + " " +
                     coloured(printable(name), in ? Colour::green : Colour::yellow, colours) +
                     " seq=" + whole_at(frame, "seqno");
  if (json_at(frame, "req_id").is_number()) line += " req=" + whole_at(frame, "req_id");
  line += " size=" + whole_at(frame, "size");
  if (const std::string problem = text_at(frame, "problem"); !problem.empty()) {
    line += " " + coloured("cannot be read: " + printable(problem), Colour::red, colours);
  }
  const Json& fields = json_at(frame, "fields");
  if (fields.is_object() && !fields.empty()) {
    constexpr std::size_t kShown = 400;
    const std::string text = fields.dump(-1, ' ', false, Json::error_handler_t::replace);
    line += " " + cut_to(text, kShown) + (width_of(text) > kShown ? "..." : "");
  }
  return line + '\n';
}

}  // namespace kismet
