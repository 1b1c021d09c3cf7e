#include "server/compat_stubs.h"

#include <array>
#include <iterator>
#include <string_view>
#include <utility>

#include "httpd/handler.h"
#include "server/json_endpoint.h"

namespace kismet {

namespace {

enum class Empty {
  list,
  object,
  page,  // Of a table that the UI asks for page by page; where a line an element is asked for, a list.
};

struct Stub {
  std::string_view pattern;
  Empty empty;
};

constexpr std::array kStubs = std::to_array<Stub>({
    {"/alerts/definitions.*", Empty::list},
    {"/channels/channels.*", Empty::object},
    {"/datasource/all_sources.*", Empty::list},
    {"/datasource/by-uuid/:uuid/source.*", Empty::object},
    {"/datasource/defaults.*", Empty::object},
    {"/datasource/list_interfaces.*", Empty::list},
    {"/datasource/types.*", Empty::list},
    {"/devices/all_devices.*", Empty::list},
    {"/devices/by-key/:key/device.*", Empty::object},
    {"/devices/by-mac/:mac/devices.*", Empty::list},
    {"/devices/by-phy/:phy/devices.*", Empty::list},
    {"/devices/last-time/:timestamp/devices.*", Empty::list},
    {"/devices/multikey/devices.*", Empty::list},
    {"/devices/multimac/devices.*", Empty::list},
    {"/devices/summary/devices.*", Empty::list},
    {"/devices/views/:view/devices.*", Empty::page},
    {"/devices/views/:view/last-time/:timestamp/devices.*", Empty::list},
    {"/devices/views/:phy/:view/devices.*", Empty::page},
    {"/devices/views/:phy/:view/last-time/:timestamp/devices.*", Empty::list},
    {"/devices/views/all_views.*", Empty::list},
    {"/gps/all_gps.*", Empty::list},
    {"/gps/location.*", Empty::object},
    {"/logging/active.*", Empty::list},
    {"/logging/drivers.*", Empty::list},
    {"/packetchain/packet_drop.*", Empty::object},
    {"/packetchain/packet_processed.*", Empty::object},
    {"/packetchain/packet_stats.*", Empty::object},
    {"/phy/all_phys.*", Empty::list},
    {"/phy/phy80211/clients-of/:key/clients.*", Empty::list},
    {"/phy/phy80211/related-to/:key/devices.*", Empty::list},
    {"/phy/phy80211/ssids/views/ssids.*", Empty::page},
});

nlohmann::json empty_value(Empty empty, Serializer serializer) {
  const bool by_line = serializer == Serializer::itjson || serializer == Serializer::ekjson;
  if (empty == Empty::list || (empty == Empty::page && by_line)) return nlohmann::json::array();
  if (empty == Empty::object) return nlohmann::json::object();
  return {{"data", nlohmann::json::array()}, {"last_page", 0}, {"last_row", 0}};
}

/// `fields` are not applied: they pick from devices, not from the page that holds none.
class EmptyPage final : public Handler {
 public:
  explicit EmptyPage(Empty empty) : empty_(empty) {}

  Task<void> handle(const Request& request, ResponseWriter& out) override {
    JsonForm form = JsonForm::of(request);
    JsonAnswer answer = form.status == 200 ? JsonAnswer{empty_value(empty_, form.serializer), 200, {}}
                                           : JsonAnswer::error(form.status, form.reason);
    form.fields = {};
    co_await send_json(request, out, form, std::move(answer));
  }

 private:
  const Empty empty_;
};

}  // namespace

std::vector<Route> compat_stub_routes() {
  std::vector<Route> routes;
  for (const Stub& stub : kStubs) {
    auto both = get_and_post(stub.pattern, "readonly", std::make_shared<EmptyPage>(stub.empty));
    routes.insert(routes.end(), std::make_move_iterator(both.begin()), std::make_move_iterator(both.end()));
  }
  return routes;
}

}  // namespace kismet
