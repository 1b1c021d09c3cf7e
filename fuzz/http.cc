// A whole connection: the head, the body and the answers to pipelined requests, from bytes that come in any pieces. The
// answers are the same however the bytes are cut; every request that a handler saw has a record; and what a handler saw
// is what one reader of the bytes, and no other, could see (no smuggled line ends, no second Host).
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/replicated.h"
#include "fuzz/check.h"
#include "httpd/connection_set.h"
#include "httpd/router.h"
#include "tests/httpd/memory_stream.h"

using namespace kismet;
using namespace std::chrono_literals;

namespace {

class Nobody final : public Authenticator {
 public:
  bool try_authenticate(const Request&, AuthResult&) override { return true; }
  Task<AuthResult> authenticate(const Request&) override { co_return AuthResult{}; }
};

class Echo final : public Handler {
 public:
  explicit Echo(std::vector<std::string>& seen) : seen_(seen) {}

  Task<void> handle(const Request& request, ResponseWriter& out) override {
    FUZZ_CHECK(request.headers.count("host") <= 1);
    for (std::size_t i = 0; i < request.headers.size(); ++i) {
      const Headers::Field field = request.headers[i];
      FUZZ_CHECK(field.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
    }
    FUZZ_CHECK(request.path.starts_with('/') && request.path.find_first_of("? \r\n") == std::string::npos);
    std::string text = request.method + " " + request.path + " " + request.query + "\n";
    for (const auto& [name, value] : request.variables()) text += name + "=" + value + "\n";
    text += request.body;
    seen_.push_back(text);
    const ResponseHead head{.status = 200, .content_type = "text/plain", .headers = {}};
    co_await out.send(head, text);
  }

 private:
  std::vector<std::string>& seen_;
};

struct Outcome {
  std::string answer;
  std::vector<std::string> seen;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// An invitation to send the body is for one that has not come yet.
std::string without_invitations(std::string answer) {
  static constexpr std::string_view kInvitation = "HTTP/1.1 100 Continue\r\n\r\n";
  for (std::size_t at = answer.find(kInvitation); at != std::string::npos; at = answer.find(kInvitation, at)) {
    answer.erase(at, kInvitation.size());
  }
  return answer;
}

/// How a request is refused may be told better, the more of it there is; that it is, and what came before, may not
/// change.
std::string without_reason(std::string answer) {
  const std::size_t last = std::max(answer.rfind("HTTP/1.1 4") + 1, answer.rfind("HTTP/1.1 5") + 1);
  if (last == 0 || answer.find("\r\nConnection: close\r\n", last) == std::string::npos) return answer;
  return answer.erase(last - 1) + "refused";
}

Outcome serve(const std::string& input, const std::vector<std::size_t>& cuts) {
  ManualClock clock;
  Loops loops(clock, 1);
  HttpdSettings settings;
  settings.header_limit = 2048;
  settings.body_limit = 512;
  settings.target_limit = 512;
  settings.uri_prefix = "/kismet";
  Nobody authenticator;
  Outcome outcome;
  std::size_t records = 0;
  HttpdHooks hooks;
  hooks.request_done = [&records](const Request&, const RequestRecord&) { ++records; };
  hooks.handler_failed = [](const std::string&, const std::string&) { FUZZ_CHECK(false && "a handler threw"); };
  Replicated<Router> routers(loops, [](Loop&) { return std::make_shared<Router>(); });
  const auto echo = std::make_shared<Echo>(outcome.seen);
  for (const char* method : {"GET", "POST"}) {
    for (const char* pattern : {"/echo", "/any/:name/x.*"}) {
      routers.local(loops.first()).add({method, pattern, "none", {}, false, echo});
    }
  }
  const auto pipe = std::make_shared<test::MemoryPipe>();
  {
    const HttpdContext context(settings, routers, authenticator, hooks);
    ConnectionSet set(loops.first(), context);
    set.add(std::make_unique<test::MemoryStream>(pipe), PeerAddress{.peer = {}, .local = {}, .unix_socket = true}, {});
    const auto turn = [&] {
      if (pipe->ready) pipe->ready();
      for (int i = 0; i < 1000; ++i) {
        loops.first().context().restart();
        if (loops.first().context().poll() == 0) return;
      }
      FUZZ_CHECK(false && "it never comes to rest");
    };
    turn();
    std::size_t cut = 0;
    for (std::size_t at = 0; at < input.size() && !pipe->closed;) {
      const std::size_t size = cuts.empty() ? input.size() : cuts[cut++ % cuts.size()];
      pipe->to_server += input.substr(at, size);
      at += size;
      turn();
    }
    pipe->client_finished = true;
    turn();
    for (int i = 0; i < 20 && !pipe->closed; ++i) {
      clock.advance(30s);
      loops.first().deadlines().sweep();
      turn();
    }
    FUZZ_CHECK(pipe->closed);
    FUZZ_CHECK(records >= outcome.seen.size());
  }
  loops.first().drop_pending();
  outcome.answer = without_reason(without_invitations(std::move(pipe->to_client)));
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  FuzzedDataProvider data(bytes, size);
  std::vector<std::size_t> cuts;
  for (int count = data.ConsumeIntegralInRange(1, 4); count > 0; --count) {
    cuts.push_back(data.ConsumeIntegralInRange<std::size_t>(1, 100));
  }
  const std::string input = data.ConsumeRemainingBytesAsString();
  if (input.size() > 8192) return 0;
  const Outcome whole = serve(input, {});
  const Outcome pieces = serve(input, cuts);

  FUZZ_CHECK(pieces == whole);
  return 0;
}
