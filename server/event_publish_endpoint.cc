#include "server/event_publish_endpoint.h"

#include "server/event_publishing.h"
#include "server/json_endpoint.h"

namespace kismet {

namespace {

JsonAnswer publish(EventBus& events, const nlohmann::json& command) {
  const auto topic = command.find("topic");
  const auto content = command.find("content");
  if (topic == command.end() || !topic->is_string() || content == command.end()) {
    return JsonAnswer::error(400, "the command is {\"topic\": \"...\", \"content\": any JSON}");
  }
  const Published published = publish_from_outside(events, topic->get_ref<const std::string&>(), json_line(*content));
  if (!published.event) return JsonAnswer::error(400, published.refusal);
  const std::uint64_t seq = published.event->seq;
  return {{{"id", event_id(events.epoch(), seq)}, {"seq", seq}}, 200, {}};
}

}  // namespace

Task<void> EventPublishEndpoint::handle(const Request& request, ResponseWriter& out) {
  const JsonForm form = JsonForm::of(request);
  JsonAnswer answer = form.status == 200 ? publish(events_, form.command) : JsonAnswer::error(form.status, form.reason);
  co_await send_json(request, out, form, std::move(answer));
}

}  // namespace kismet
