#include "server/wire_view.h"

#include <memory>
#include <utility>

#include "base/run_on.h"
#include "httpd/percent.h"
#include "httpd/websocket_handler.h"
#include "server/json_request.h"
#include "server/wire_viewer.h"

namespace kismet {

namespace {

constexpr std::size_t kOnTheirWay = 4 * 1024 * 1024;  // Bytes between the loops for one viewer.

class WireView final : public WebSocketHandler {
 public:
  explicit WireView(const HelperPages& pages) : pages_(pages) {}

 protected:
  Task<void> serve(const Request& request, WebSocket& socket) override {
    const std::string name = percent_decode(request.captures.front(), Plus::itself);
    std::optional<WireFilter> filter = filter_of(request);
    if (!filter) {
      socket.close(CloseCode::policy, "direction is in or out");
      co_return;
    }
    auto show = [&socket](std::shared_ptr<const std::string> text) {
      if (socket.send_text(std::move(text))) return WireViewer::Shown::taken;
      return socket.counters().queued > 0 ? WireViewer::Shown::full : WireViewer::Shown::never;
    };
    const auto viewer = std::make_shared<WireViewer>(socket.loop(), std::move(*filter), kOnTheirWay, std::move(show));
    Task<bool> begin = run_on(pages_.home, pages_.control.watch_wire(name, viewer));
    const bool found = co_await std::move(begin);
    if (!found) {
      viewer->close();
      socket.close(CloseCode::policy, "there is no such helper");
      co_return;
    }
    pages_.messages.info("helper " + name + ": its wire is looked at by " + request.principal.name + " from " +
                         request.client_address);
    {
      const Closing closing{*viewer, socket};
      auto drained = [viewer = viewer.get()] { viewer->drained(); };
      socket.on_drained(std::move(drained));
      for (;;) {
        const std::optional<WebSocketMessage> message = co_await socket.receive();
        if (!message) break;
        listen(*message, *viewer, socket);
      }
    }
    Task<void> end = run_on(pages_.home, pages_.control.unwatch_wire(name, viewer));
    co_await std::move(end);
  }

 private:
  /// What still comes for the viewer is not shown to a socket that is gone.
  struct Closing {
    Closing(WireViewer& its_viewer, WebSocket& its_socket) : viewer(its_viewer), socket(its_socket) {}
    ~Closing() {
      socket.on_drained({});
      viewer.close();
    }
    Closing(const Closing&) = delete;
    Closing& operator=(const Closing&) = delete;
    WireViewer& viewer;
    WebSocket& socket;
  };

  static std::optional<WireFilter> filter_of(const Request& request) {
    std::string commands, direction;
    for (auto& [name, value] : request.variables()) {
      if (name == "commands") commands = value;
      if (name == "direction") direction = value;
    }
    return WireFilter::of(commands, direction);
  }

  static void listen(const WebSocketMessage& message, WireViewer& viewer, WebSocket& socket) {
    const std::optional<nlohmann::json> json = message.text ? parse_json(message.data) : std::nullopt;
    std::optional<WireFilter> filter = json ? WireFilter::of(*json) : std::nullopt;
    if (filter) {
      viewer.set_filter(std::move(*filter));
    } else {
      socket.send_text(std::make_shared<const std::string>(
          R"({"error":"a filter is {\"commands\": [\"PING\"], \"direction\": \"in\" or \"out\"}"})"));
    }
  }

  const HelperPages pages_;
};

}  // namespace

std::vector<Route> wire_view_routes(const HelperPages& pages) {
  return {{"GET", "/helpers/:name/wire.ws", "admin", {}, false, std::make_shared<WireView>(pages)}};
}

}  // namespace kismet
