#include "server/feed_form.h"

#include <nlohmann/json.hpp>

#include "server/event_publishing.h"
#include "server/json_request.h"

namespace kismet {

namespace {

using Json = nlohmann::json;

constexpr const char* kPublishedText = "kismet.eventbus.event_json";

Json content_of(const Event& event, const FeedForm& form) {
  Json content = Json::parse(event.content_json, nullptr, false);
  if (!content.is_object()) return Json::object();
  if (form.parsed && event.from_text) {
    std::optional<Json> published = parse_json(content[kPublishedText].get_ref<const std::string&>());
    if (published) content = Json{{event.topic, std::move(*published)}};
  }
  for (auto& [topic, object] : content.items()) object = form.fields.apply(object);
  return content;
}

Json in_envelope(const Event& event, Json content, std::uint64_t epoch, std::uint64_t dropped) {
  Json envelope = {{"topic", event.topic},
                   {"id", event_id(epoch, event.seq)},
                   {"seq", event.seq},
                   {"time", seconds_of(event.time)},
                   {"event", std::move(content)}};
  if (dropped > 0) envelope["dropped"] = dropped;
  return envelope;
}

}  // namespace

std::string feed_text(const Event& event, const FeedForm& form, std::uint64_t epoch, std::uint64_t dropped) {
  if (form.plain()) return event.content_json;
  Json content = content_of(event, form);
  if (form.envelope) content = in_envelope(event, std::move(content), epoch, dropped);
  std::string text = serialize(content, form.serializer);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace kismet
