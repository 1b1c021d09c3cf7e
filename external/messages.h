#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// The commands of the Kismet External Interface as values, free of any wire generation (WIRE.md A3). Texts are views:
/// of a decoded command into the frame's bytes, valid while its handler runs; of one to be encoded into the caller's.
/// Text that goes to a helper must be valid UTF-8 (WIRE.md A6).
namespace kismet::wire {

struct RequestId {
  std::uint32_t value = 0;
  friend auto operator<=>(RequestId, RequestId) = default;
};

struct Seqno {
  std::uint32_t value = 0;
  friend auto operator<=>(Seqno, Seqno) = default;
};

using Pair = std::pair<std::string_view, std::string_view>;

struct Message {
  std::uint32_t type = 2;  // DEBUG 1, INFO 2, ERROR 4, ALERT 8, FATAL 16.
  std::string_view text;
};
struct Ping {};
struct Pong {
  Seqno ping;  // The number of the ping that it answers.
};
struct Shutdown {
  std::string_view reason;
};
struct SystemRegister {
  std::string_view subsystem;
};
struct EventbusRegister {
  std::vector<std::string_view> events;
};
struct Event {
  std::string_view json;
};
struct EventbusPublish {
  std::string_view type;
  std::string_view content_json;
};
struct HttpRegisterUri {
  std::string_view uri;
  std::string_view method;
};
struct HttpRequest {
  RequestId id;
  std::string_view uri;     // Path without query and prefix, slashes collapsed, not percent-decoded.
  std::string_view method;  // Upper case.
  std::vector<Pair> variables;
  // Extensions; empty is "not sent".
  std::optional<std::string_view> body;
  std::vector<Pair> headers;
  std::string_view client_address;
};
struct HttpRequestCancel {
  RequestId id;
};
struct HttpResponse {
  RequestId id;
  std::vector<Pair> headers;
  std::string_view content;
  std::optional<std::uint32_t> result_code;
  bool close = false;
};
struct HttpAuthRequest {};
struct HttpAuth {
  std::string_view token;
};
/// A command that this daemon does not know; counted and ignored.
struct Unknown {
  std::string_view command;  // Its name; empty where commands have numbers.
  std::uint16_t type = 0;    // Its number; 0 where they have names.
};

using Command =
    std::variant<Message, Ping, Pong, Shutdown, SystemRegister, EventbusRegister, Event, EventbusPublish,
                 HttpRegisterUri, HttpRequest, HttpRequestCancel, HttpResponse, HttpAuthRequest, HttpAuth, Unknown>;

}  // namespace kismet::wire
