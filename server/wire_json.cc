#include "server/wire_json.h"

#include <sodium.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <type_traits>

#include "base/utf8.h"
#include "external/frame_mask.h"
#include "server/build_info.h"
#include "server/json_request.h"

namespace kismet {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShown = 4096;  // Bytes of one text.

std::string base64(std::string_view bytes) {
  constexpr int kVariant = sodium_base64_VARIANT_ORIGINAL;
  std::string text(sodium_base64_encoded_len(bytes.size(), kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                    kVariant);
  text.pop_back();  // The terminator.
  return text;
}

/// The fields of a command, texts cut where they are long.
class Fields {
 public:
  Json of(const wire::Command& command) {
    std::visit([this](const auto& message) { add(message); }, command);
    if (cut_) fields_["cut"] = true;
    return std::move(fields_);
  }
  std::optional<std::uint32_t> request() const { return request_; }

 private:
  void add(const wire::Message& m) {
    fields_["type"] = m.type;
    text("text", m.text);
  }
  void add(const wire::Ping&) {}
  void add(const wire::Pong& m) { fields_["ping_seqno"] = m.ping.value; }
  void add(const wire::Shutdown& m) { text("reason", m.reason); }
  void add(const wire::SystemRegister& m) { text("subsystem", m.subsystem); }
  void add(const wire::EventbusRegister& m) {
    Json events = Json::array();
    for (const std::string_view event : m.events) events.push_back(value(event));
    fields_["events"] = std::move(events);
  }
  void add(const wire::Event& m) { text("json", m.json); }
  void add(const wire::EventbusPublish& m) {
    text("type", m.type);
    text("content_json", m.content_json);
  }
  void add(const wire::HttpRegisterUri& m) {
    text("uri", m.uri);
    text("method", m.method);
  }
  void add(const wire::HttpRequest& m) {
    request_ = m.id.value;
    text("uri", m.uri);
    text("method", m.method);
    pairs("variables", m.variables);
    if (m.body) text("body", *m.body);
    pairs("headers", m.headers);
    if (!m.client_address.empty()) text("client_address", m.client_address);
  }
  void add(const wire::HttpRequestCancel& m) { request_ = m.id.value; }
  void add(const wire::HttpResponse& m) {
    request_ = m.id.value;
    pairs("headers", m.headers);
    if (!m.content.empty()) text("content", m.content);
    if (m.result_code) fields_["result_code"] = *m.result_code;
    if (m.close) fields_["close"] = true;
  }
  void add(const wire::HttpAuthRequest&) {}
  void add(const wire::HttpAuth& m) { text("token", m.token); }
  void add(const wire::Unknown& m) {
    if (m.type != 0) fields_["type"] = m.type;
  }
  // Commands that this page does not know more of.
  template <typename Other>
  void add(const Other&) {}

  void text(const char* name, std::string_view text) { fields_[name] = value(text); }
  void pairs(const char* name, const std::vector<wire::Pair>& pairs) {
    Json all = Json::array();
    for (const auto& [key, text] : pairs) all.push_back(Json::array({value(key), value(text)}));
    fields_[name] = std::move(all);
  }

  Json value(std::string_view bytes) {
    const std::string_view shown = bytes.substr(0, kShown);
    cut_ |= shown.size() < bytes.size();
    if (is_valid_utf8(bytes)) return to_valid_utf8(shown);  // The cut may go through a character.
    return {{"base64", base64(shown)}};
  }

  Json fields_ = Json::object();
  std::optional<std::uint32_t> request_;
  bool cut_ = false;
};

/// The frame's bytes, encoded again where something in it was masked, or where it is one of ours.
std::string bytes_of(const TappedFrame& frame, const wire::MaskedCommand& masked) {
  if (!frame.bytes.empty() && !masked.masked()) return std::string(frame.bytes);
  std::string bytes;
  frame.codec.encode(masked.command(), frame.seqno, std::numeric_limits<std::size_t>::max(), bytes);
  return bytes;
}

}  // namespace

std::string wire_json(const TappedFrame& frame, WallTime time) {
  Json json{{"time", seconds_of(time)},
            {"direction", to_string(frame.direction)},
            {"generation", wire::to_string(frame.codec.generation())},
            {"command", to_valid_utf8(frame.name)},
            {"seqno", frame.seqno.value}};
  if (frame.command) {
    const wire::MaskedCommand masked(*frame.command);
    Fields fields;
    Json decoded = fields.of(masked.command());
    if (const auto request = fields.request()) json["req_id"] = *request;
    json["size"] = frame.size;
    json["fields"] = std::move(decoded);
    json["frame"] = base64(bytes_of(frame, masked));
  } else {  // What cannot be read cannot be masked.
    json["size"] = frame.size;
    json["problem"] = frame.problem;
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string wire_record_head(std::string_view helper, WallTime time) {
  const Json head{{"kismet_wire_capture", 1},
                  {"helper", helper},
                  {"started", seconds_of(time)},
                  {"program", "kismet " + std::string(build_info().version)}};
  return head.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace kismet
