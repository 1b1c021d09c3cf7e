#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "external/messages.h"

/// What each command is called and which fields it has: the one table that every codec reads, writes and measures by.
/// Names are those of v0 and v2, kType is v3's; the field numbers are the same in protobuf and in v3's maps.
///
/// fields() shows each member to a visitor, as
///   required  always sent, and refused if missing;
///   expected  always sent, and empty if missing (senders exist that leave it out);
///   optional  sent unless empty, zero or false;
///   bytes     optional, and not text;
///   list, pairs  repeated.
namespace kismet::wire {

template <typename M>
struct Schema;

template <>
struct Schema<Message> {
  static constexpr std::string_view kName = "MESSAGE";
  static constexpr std::uint16_t kType = 5;
  static void fields(auto& m, auto& visit) {
    visit.required(1, m.type);
    visit.required(2, m.text);
  }
};

template <>
struct Schema<Ping> {
  static constexpr std::string_view kName = "PING";
  static constexpr std::uint16_t kType = 2;
  static void fields(auto&, auto&) {}
};

template <>
struct Schema<Pong> {
  static constexpr std::string_view kName = "PONG";
  static constexpr std::uint16_t kType = 3;
  static void fields(auto& m, auto& visit) { visit.required(1, m.ping.value); }
};

template <>
struct Schema<Shutdown> {
  static constexpr std::string_view kName = "SHUTDOWN";
  static constexpr std::uint16_t kType = 4;
  static void fields(auto& m, auto& visit) { visit.expected(1, m.reason); }
};

template <>
struct Schema<SystemRegister> {
  static constexpr std::string_view kName = "SYSTEMREGISTER";
  static constexpr std::uint16_t kType = 1;
  static void fields(auto& m, auto& visit) { visit.required(1, m.subsystem); }
};

template <>
struct Schema<EventbusRegister> {
  static constexpr std::string_view kName = "EVENTBUSREGISTER";
  static constexpr std::uint16_t kType = 32;
  static void fields(auto& m, auto& visit) { visit.list(1, m.events); }
};

template <>
struct Schema<Event> {
  static constexpr std::string_view kName = "EVENT";
  static constexpr std::uint16_t kType = 33;
  static void fields(auto& m, auto& visit) { visit.required(1, m.json); }
};

template <>
struct Schema<EventbusPublish> {
  static constexpr std::string_view kName = "EVENTBUSPUBLISH";
  static constexpr std::uint16_t kType = 34;
  static void fields(auto& m, auto& visit) {
    visit.required(1, m.type);
    visit.required(2, m.content_json);
  }
};

template <>
struct Schema<HttpRegisterUri> {
  static constexpr std::string_view kName = "HTTPREGISTERURI";
  static constexpr std::uint16_t kType = 64;
  static void fields(auto& m, auto& visit) {
    visit.required(1, m.uri);
    visit.required(2, m.method);
  }
};

template <>
struct Schema<HttpRequest> {
  static constexpr std::string_view kName = "HTTPREQUEST";
  static constexpr std::uint16_t kType = 65;
  static void fields(auto& m, auto& visit) {
    visit.required(1, m.id.value);
    visit.required(2, m.uri);
    visit.required(3, m.method);
    visit.pairs(4, m.variables);
    visit.bytes(100, m.body);
    visit.pairs(101, m.headers);
    visit.optional(102, m.client_address);
  }
};

template <>
struct Schema<HttpRequestCancel> {
  static constexpr std::string_view kName = "HTTPREQUESTCANCEL";
  static constexpr std::uint16_t kType = 66;
  static void fields(auto& m, auto& visit) { visit.required(1, m.id.value); }
};

template <>
struct Schema<HttpResponse> {
  static constexpr std::string_view kName = "HTTPRESPONSE";
  static constexpr std::uint16_t kType = 67;
  static void fields(auto& m, auto& visit) {
    visit.required(1, m.id.value);
    visit.pairs(2, m.headers);
    visit.bytes(3, m.content);
    visit.optional(4, m.result_code);
    visit.optional(5, m.close);
  }
};

template <>
struct Schema<HttpAuthRequest> {
  static constexpr std::string_view kName = "HTTPAUTHREQ";
  static constexpr std::string_view kAlias = "HTTPREQUESTAUTH";  // What the field's documentation calls it.
  static constexpr std::uint16_t kType = 68;
  static void fields(auto&, auto&) {}
};

template <>
struct Schema<HttpAuth> {
  static constexpr std::string_view kName = "HTTPAUTH";
  static constexpr std::uint16_t kType = 69;
  static void fields(auto& m, auto& visit) { visit.required(1, m.token); }
};

/// A visitor that shows `sink` the fields that are to be sent:
///   sink.field(number, std::uint32_t or text), sink.flag(number), sink.bytes(number, text),
///   sink.list(number, texts), sink.pairs(number, pairs).
template <typename Sink>
struct Present {
  Sink& sink;

  void required(std::uint32_t number, const auto& value) { sink.field(number, value); }
  void expected(std::uint32_t number, const auto& value) { sink.field(number, value); }
  void optional(std::uint32_t number, bool value) {
    if (value) sink.flag(number);
  }
  void optional(std::uint32_t number, std::string_view value) {
    if (!value.empty()) sink.field(number, value);
  }
  void optional(std::uint32_t number, std::optional<std::uint32_t> value) {
    if (value) sink.field(number, *value);
  }
  void bytes(std::uint32_t number, std::string_view value) {
    if (!value.empty()) sink.bytes(number, value);
  }
  void bytes(std::uint32_t number, std::optional<std::string_view> value) {
    if (value) sink.bytes(number, *value);
  }
  void list(std::uint32_t number, const std::vector<std::string_view>& values) {
    if (!values.empty()) sink.list(number, values);
  }
  void pairs(std::uint32_t number, const std::vector<Pair>& values) {
    if (!values.empty()) sink.pairs(number, values);
  }
};

/// A visitor that finds the first required field that `reader` has not seen; 0 if it has seen all.
template <typename Reader>
struct Missing {
  const Reader& reader;
  std::uint32_t number = 0;

  void required(std::uint32_t field, const auto&) {
    if (number == 0 && !reader.seen(field)) number = field;
  }
  void expected(std::uint32_t, const auto&) {}
  void optional(std::uint32_t, const auto&) {}
  void bytes(std::uint32_t, const auto&) {}
  void list(std::uint32_t, const auto&) {}
  void pairs(std::uint32_t, const auto&) {}
};

/// Lets `reader`, which is at its first field, fill `message`. Returns what is wrong with what it reads, or an empty
/// string.
template <typename Fields>
std::string read_fields(auto& reader, auto& message) {
  while (reader.next()) {
    Fields::fields(message, reader);
    reader.done();
    if (!reader.good()) break;
  }
  if (!reader.good()) return reader.problem();
  Missing<std::remove_cvref_t<decltype(reader)>> missing{reader};
  Fields::fields(message, missing);
  return missing.number == 0 ? std::string() : "required field " + std::to_string(missing.number) + " is missing";
}

/// Calls `f(std::type_identity<M>)` for each known command until it returns true; whether it did.
template <typename F>
bool any_command(F f) {
  return [&]<typename... Ms>(std::type_identity<std::variant<Ms...>>) {
    const auto known = [&]<typename M>(std::type_identity<M> type) {
      if constexpr (std::is_same_v<M, Unknown>) {
        return false;
      } else {
        return f(type);
      }
    };
    return (known(std::type_identity<Ms>{}) || ...);
  }(std::type_identity<Command>{});
}

/// The name of `command`, as v0 and v2 send it.
inline std::string_view command_name(const Command& command) {
  return std::visit(
      []<typename M>(const M& m) -> std::string_view {
        if constexpr (std::is_same_v<M, Unknown>) {
          return m.command;
        } else {
          return Schema<M>::kName;
        }
      },
      command);
}

}  // namespace kismet::wire
