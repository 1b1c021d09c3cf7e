#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/task_group.h"
#include "httpd/mime_types.h"
#include "httpd/request.h"
#include "msgbus/message_bus.h"
#include "server/proxy_handler.h"
#include "tests/external/session_fixture.h"
#include "tests/support/fake_response_writer.h"

namespace kismet::testing {

/// A client in memory, the proxy, and a helper in memory behind it.
struct Proxy : MemorySession {
  explicit Proxy(std::size_t answer_limit = 64 * 1024 * 1024, SpillSpace* spill = nullptr) {
    settings.answer_limit = answer_limit;
    services.spill = spill;
    messages.add_sink([this](const Message& message) { said.push_back(message.text); });
    start_speaking();
  }
  ~Proxy() {
    if (client) client->leave();
    settle();
    CHECK(tasks.running() == 0);
    CHECK(counters.open == 0);
  }

  void asks(std::string method = "GET", std::string path = "/demo/page.html") {
    request.method = std::move(method);
    request.path = std::move(path);
    client = std::make_unique<FakeResponseWriter>(loop, request.method == "HEAD");
    handler = std::make_unique<ProxyHandler>(session->handle(), common);
    tasks.spawn("request", handler->handle(request, *client));
    settle();
  }
  wire::RequestId id() const {
    const auto requests = helper.heard<wire::HttpRequest>();
    return requests.empty() ? wire::RequestId{999} : requests.back().id;
  }
  void answers(std::string_view content, std::optional<std::uint32_t> code, bool close,
               std::vector<wire::Pair> headers = {}) {
    helper.sends(wire::HttpResponse{id(), std::move(headers), content, code, close});
    settle();
  }
  std::size_t cancels() const { return helper.heard<wire::HttpRequestCancel>().size(); }

  MessageBus messages{clock, bus};
  std::vector<std::string> said;
  MimeTypes types;
  ProxyCounters counters;
  ProxyHandler::Common common{{}, types, messages, counters};
  Request request;
  std::unique_ptr<FakeResponseWriter> client;
  std::unique_ptr<ProxyHandler> handler;
  TaskGroup tasks{loop.get_executor(), [this](const std::string&, const std::string& what) { bugs.push_back(what); }};
};

struct SmallProxy : Proxy {
  SmallProxy() : Proxy(100'000) {}
};

}  // namespace kismet::testing
