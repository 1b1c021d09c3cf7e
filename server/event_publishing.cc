#include "server/event_publishing.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/utf8.h"
#include "server/core_events.h"

namespace kismet {

namespace {

constexpr std::size_t kMaxTopic = 256;

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Published publish_from_outside(EventBus& events, std::string_view topic, std::string_view content_json) {
  if (topic.empty() || topic.size() > kMaxTopic || !is_valid_utf8(topic) ||
      std::any_of(topic.begin(), topic.end(), is_control)) {
    return {nullptr, "an event's type must be 1 to 256 bytes of text"};
  }
  if (is_core_event(topic)) return {nullptr, "the event type " + std::string(topic) + " is the daemon's own"};
  if (!nlohmann::json::accept(content_json)) return {nullptr, "the event's content is not JSON"};
  return {events.publish_text(topic, content_json), {}};
}

std::string event_id(std::uint64_t epoch, std::uint64_t seq) {
  return std::to_string(epoch) + '-' + std::to_string(seq);
}

std::optional<std::uint64_t> seq_of_event_id(std::string_view id, std::uint64_t epoch) {
  const std::size_t dash = id.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto its_epoch = number(id.substr(0, dash));
  const auto seq = number(id.substr(dash + 1));
  if (!its_epoch || !seq) return std::nullopt;
  return *its_epoch == epoch ? *seq : 0;
}

}  // namespace kismet
