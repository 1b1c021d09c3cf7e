#pragma once

#include <cstdint>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "external/frame.h"

namespace kismet::testing {

inline std::string unhex(std::string_view text) {
  std::string bytes;
  std::string digits;
  for (const char c : text) {
    if (c == ' ') continue;
    digits += c;
    if (digits.size() < 2) continue;
    bytes += static_cast<char>(std::stoi(digits, nullptr, 16));
    digits.clear();
  }
  return bytes;
}

/// A frame of tests/golden/, made without our code.
struct GoldenFrame {
  std::string name;
  wire::Seqno seqno;
  std::string bytes;
};

inline std::vector<GoldenFrame> golden_frames(wire::Generation generation) {
  std::ifstream file(std::string(KISMET_GOLDEN_DIR "/") + std::string(to_string(generation)) + ".txt");
  std::vector<GoldenFrame> frames;
  for (std::string name, seqno, hex; file >> name >> seqno >> hex;) {
    frames.push_back({name, {static_cast<std::uint32_t>(std::stoul(seqno))}, unhex(hex)});
  }
  if (frames.empty()) throw std::runtime_error("no golden frames");
  return frames;
}

/// What the golden frames say.
inline const std::map<std::string, wire::Command>& golden_commands() {
  static const std::string content = [] {
    std::string text;
    for (int i = 0; i < 40; ++i) text += "0123456789";
    return text;
  }();
  static const std::map<std::string, wire::Command> commands{
      {"MESSAGE", wire::Message{2, "hi"}},
      {"MESSAGE_EMPTY", wire::Message{4, ""}},
      {"PING", wire::Ping{}},
      {"PONG", wire::Pong{{2}}},
      {"SHUTDOWN", wire::Shutdown{"bye"}},
      {"SYSTEMREGISTER", wire::SystemRegister{"demo"}},
      {"EVENTBUSREGISTER", wire::EventbusRegister{{"TIMESTAMP", "MESSAGE"}}},
      {"EVENT", wire::Event{R"({"kismet.eventbus.type": "X", "kismet.eventbus.content": {}})"}},
      {"EVENTBUSPUBLISH", wire::EventbusPublish{"DEMO", R"({"a": 1})"}},
      {"HTTPREGISTERURI", wire::HttpRegisterUri{"/x.html", "GET"}},
      {"HTTPREQUEST", wire::HttpRequest{{0},
                                        "/x.html",
                                        "POST",
                                        {{"name", "J\303\270rgen"}, {"", ""}},
                                        std::string_view("a\0b", 3),
                                        {{"Accept", "*/*"}},
                                        "127.0.0.1"}},
      {"HTTPREQUESTCANCEL", wire::HttpRequestCancel{{0}}},
      {"HTTPRESPONSE", wire::HttpResponse{{0}, {{"X-Demo", "1"}}, "ok", 404, true}},
      {"HTTPRESPONSE_CONTENT", wire::HttpResponse{{200}, {}, content, std::nullopt, false}},
      {"HTTPRESPONSE_NOTHING", wire::HttpResponse{{0}, {}, "", std::nullopt, false}},
      {"HTTPAUTHREQ", wire::HttpAuthRequest{}},
      {"HTTPAUTH", wire::HttpAuth{"0123456789ABCDEF"}},
  };
  return commands;
}

}  // namespace kismet::testing
