#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/loop.h"
#include "base/replicated.h"
#include "httpd/http_server.h"
#include "httpd/router.h"
#include "tests/httpd/raw_client.h"

namespace kismet::test {

/// Knows the tokens "admin-token" and "reader-token" in the KISMET cookie; Basic logins take the slow way.
class FakeAuthenticator final : public Authenticator {
 public:
  bool try_authenticate(const Request& request, AuthResult& result) override;
  Task<AuthResult> authenticate(const Request& request) override;
};

/// A handler made of a function.
class FunctionHandler final : public Handler {
 public:
  using Function = std::function<Task<void>(const Request&, ResponseWriter&)>;
  explicit FunctionHandler(Function function) : function_(std::move(function)) {}
  Task<void> handle(const Request& request, ResponseWriter& out) override { return function_(request, out); }

 private:
  Function function_;
};

/// Things that threads tell the test, which waits for them.
class Notes {
 public:
  void add(const std::string& note);
  /// Whether `note` comes within ten seconds, `count` times in all.
  bool wait_for(const std::string& note, std::size_t count = 1);
  std::size_t count(const std::string& note) const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> notes_;
};

/// A server on loopback with loops of its own, and the usual handlers:
///   /hello (no login), /echo (any method; what the handler saw), /secret (reader), /admin-only,
///   /stream (writes a line at each tell("line"), ends at tell("end"), notes "left"), /big (16 MiB, streamed), /throw,
///   /silent.
class ServerFixture {
 public:
  explicit ServerFixture(const HttpdSettings& settings = {}, std::size_t loops = 1, StreamWrapper wrap = {});
  ~ServerFixture();

  std::uint16_t port() const { return port_; }
  HttpServer& server() { return *server_; }
  Loops& loops() { return loops_; }
  Notes& notes() { return notes_; }
  /// Adds a route; before or while the server runs. Returns once all loops have it.
  void route(const std::string& method, const std::string& pattern, const std::string& role,
             FunctionHandler::Function function);
  void route(Route route);
  /// To every handler of /stream.
  void tell(const std::string& word);
  /// Runs `action` on the first loop and waits for it.
  void on_loop(const std::function<void()>& action);
  /// Stops the server and waits for that.
  void stop();
  /// Waits, ten seconds at most.
  bool eventually(const std::function<bool()>& condition);

 private:
  Task<void> stream(const Request& request, ResponseWriter& out);
  Task<void> stop_server();
  void add_usual_routes();

  Clock clock_;
  Loops loops_;
  Notes notes_;
  FakeAuthenticator authenticator_;
  Replicated<Router> router_;
  std::unique_ptr<HttpServer> server_;
  std::uint16_t port_ = 0;
  std::mutex words_mutex_;
  std::vector<std::string> words_;
  std::vector<std::pair<Loop*, Wakeup*>> listeners_;  // Guarded by words_mutex_.
  bool stopped_ = false;
  std::thread thread_;
};

/// A well-formed request.
std::string get(std::string_view path, std::string_view more_headers = {});

}  // namespace kismet::test
