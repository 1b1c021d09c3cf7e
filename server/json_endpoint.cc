#include "server/json_endpoint.h"

#include <utility>

#include "httpd/error_pages.h"
#include "server/json_request.h"

namespace kismet {

JsonForm JsonForm::of(const Request& request) {
  return of(request, request.captures.empty() ? "json" : std::string_view(request.captures.back()));
}

JsonForm JsonForm::of(const Request& request, std::string_view extension) {
  JsonForm form;
  const auto serializer = serializer_for(extension);
  std::optional<nlohmann::json> command = json_of(request);
  if (!serializer) {
    form.status = 404;
    form.reason = "there is no such format; json, prettyjson, itjson, ekjson and tjson there are";
  } else if (!command || !command->is_object()) {
    form.status = 400;
    form.reason = "the request's JSON is not one object";
  } else {
    form.serializer = *serializer;
    form.command = std::move(*command);
    const auto fields = form.command.find("fields");
    if (fields != form.command.end()) form.fields = JsonFields::parse(*fields, form.reason);
    if (!form.reason.empty()) form.status = 400;
  }
  return form;
}

Task<void> send_json(const Request& request, ResponseWriter& out, const JsonForm& form, JsonAnswer answer) {
  if (answer.status != 200) {
    const OwnPage page = make_error_page(answer.status, answer.reason, request);
    co_await out.send(page.head, page.body);
    co_return;
  }
  const ResponseHead head{200, "application/json", {{"Cache-Control", "no-cache"}}};
  const std::string body = serialize(form.fields.apply(answer.value), form.serializer);
  co_await out.send(head, body);
}

Task<void> JsonEndpoint::handle(const Request& request, ResponseWriter& out) {
  const JsonForm form = JsonForm::of(request);
  JsonAnswer answer = form.status == 200 ? make_(request, form) : JsonAnswer::error(form.status, form.reason);
  co_await send_json(request, out, form, std::move(answer));
}

std::vector<Route> get_and_post(std::string_view pattern, std::string_view role,
                                const std::shared_ptr<Handler>& handler) {
  return {{"GET", std::string(pattern), std::string(role), {}, false, handler},
          {"POST", std::string(pattern), std::string(role), {}, false, handler}};
}

}  // namespace kismet
