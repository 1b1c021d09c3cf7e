#include "tests/httpd/server_fixture.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <stdexcept>

namespace kismet::test {

namespace {

constexpr std::chrono::seconds kPatience{10};

Task<void> hello(const Request&, ResponseWriter& out) {
  const ResponseHead head{.status = 200, .content_type = "text/plain", .headers = {}};
  co_await out.send(head, "Hello, world!");
}

Task<void> echo(const Request& request, ResponseWriter& out) {
  std::string text = request.method + " " + request.path + "?" + request.query + "\n";
  for (const auto& [name, value] : request.variables()) text += name + "=" + value + "\n";
  text += "client=" + request.client_address + " loopback=" + (request.from_loopback ? "1" : "0") +
          " secure=" + (request.secure ? "1" : "0") + "\n" + request.body;
  const ResponseHead head{.status = 200, .content_type = "text/plain", .headers = {}};
  co_await out.send(head, text);
}

Task<void> who(const Request& request, ResponseWriter& out) {
  const ResponseHead head{.status = 200, .content_type = "text/plain", .headers = {}};
  const std::string text = request.principal.name + "/" + request.principal.role;
  co_await out.send(head, text);
}

Task<void> big(const Request&, ResponseWriter& out) {
  out.start({.status = 200, .content_type = "application/octet-stream", .headers = {}});
  const std::string block(64 * 1024, 'x');
  ChainedBuffer buffer;
  for (int i = 0; i < 256; ++i) {
    buffer.append(block);
    const bool sent = co_await out.write(buffer);
    if (!sent) co_return;
  }
  co_await out.finish();
}

Task<void> fail(const Request&, ResponseWriter&) {
  throw std::runtime_error("on purpose");
  co_return;
}

Task<void> be_silent(const Request&, ResponseWriter&) {
  co_return;
}

}  // namespace

bool FakeAuthenticator::try_authenticate(const Request& request, AuthResult& result) {
  const std::string_view cookie = request.headers.get("cookie");
  if (cookie == "KISMET=admin-token") result.principal = {"root", "admin"};
  if (cookie == "KISMET=reader-token") result.principal = {"reader", "readonly"};
  if (cookie == "KISMET=guessing") result.retry_after = 7;
  return !request.headers.has("authorization");
}

Task<AuthResult> FakeAuthenticator::authenticate(const Request& request) {
  AuthResult result;
  if (request.headers.get("authorization") == "Basic cm9vdDpzZWNyZXQ=") {
    result.principal = {"root", "admin"};
    result.set_cookie = "KISMET=admin-token; Path=/; HttpOnly; SameSite=Lax";
  }
  co_return result;
}

void Notes::add(const std::string& note) {
  const std::lock_guard lock(mutex_);
  notes_.push_back(note);
  changed_.notify_all();
}

bool Notes::wait_for(const std::string& note, std::size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] {
    return static_cast<std::size_t>(std::count(notes_.begin(), notes_.end(), note)) >= count;
  });
}

std::size_t Notes::count(const std::string& note) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count(notes_.begin(), notes_.end(), note));
}

ServerFixture::ServerFixture(const HttpdSettings& settings, std::size_t loops, StreamWrapper wrap)
    : loops_(clock_, loops), router_(loops_, [](Loop&) { return std::make_shared<Router>(); }) {
  HttpdHooks hooks;
  hooks.request_done = [this](const Request& request, const RequestRecord& record) {
    notes_.add("done " + request.method + " " + request.path + " " + std::to_string(record.status) + " " +
               std::to_string(record.body_bytes) + (record.complete ? "" : " incomplete"));
  };
  hooks.handler_failed = [this](const std::string& request, const std::string& what) {
    notes_.add("failed " + request + ": " + what);
  };
  hooks.trouble = [this](const std::string& text) { notes_.add(text); };
  server_ = std::make_unique<HttpServer>(loops_, settings, router_, authenticator_, std::move(hooks));
  thread_ = std::thread([this] { loops_.run([this](const std::string& what) { notes_.add("exception " + what); }); });
  add_usual_routes();
  on_loop([this, wrap = std::move(wrap)] {
    const Listening listening = server_->listen({.address = "127.0.0.1", .port = 0, .unix_path = {}}, wrap);
    if (!listening.error.empty()) throw std::runtime_error(listening.error);
    port_ = listening.port;
    server_->start();
  });
}

ServerFixture::~ServerFixture() {
  stop();
  loops_.request_stop();
  thread_.join();
}

void ServerFixture::add_usual_routes() {
  route("GET", "/hello", "none", hello);
  for (const char* method : {"GET", "POST", "PUT"}) route(method, "/echo", "none", echo);
  route("GET", "/secret", "readonly", who);
  route("GET", "/any", "any", who);
  route("POST", "/admin-only", "admin", who);
  route("GET", "/big", "none", big);
  route("GET", "/throw", "none", fail);
  route("GET", "/silent", "none", be_silent);
  route("GET", "/stream", "none", [this](const Request& request, ResponseWriter& out) { return stream(request, out); });
}

void ServerFixture::route(const std::string& method, const std::string& pattern, const std::string& role,
                          FunctionHandler::Function function) {
  route(Route{.method = method,
              .pattern = pattern,
              .role = role,
              .owner = {},
              .literal = false,
              .handler = std::make_shared<FunctionHandler>(std::move(function))});
}

void ServerFixture::route(Route route) {
  std::atomic<std::size_t> done = 0;
  on_loop([&] {
    router_.update([&done, route](Router& router) {
      router.add(route);
      ++done;
    });
  });
  eventually([&] { return done == loops_.size(); });
}

Task<void> ServerFixture::stream(const Request&, ResponseWriter& out) {
  std::size_t seen = 0;
  {
    const std::lock_guard lock(words_mutex_);
    seen = words_.size();
    listeners_.emplace_back(&out.loop(), &out.wakeup());
  }
  out.start({.status = 200, .content_type = "text/plain", .headers = {}});
  notes_.add("streaming");
  ChainedBuffer buffer;
  bool ended = false;
  while (!ended && !out.client_gone()) {
    {
      const std::lock_guard lock(words_mutex_);
      for (; seen < words_.size(); ++seen) {
        ended = ended || words_[seen] == "end";
        if (words_[seen] != "end") buffer.append(words_[seen] + "\n");
      }
    }
    if (!buffer.empty()) {
      const bool sent = co_await out.write(buffer);
      if (!sent) break;
    }
    if (!ended && !out.client_gone()) co_await out.wakeup().wait();
  }
  if (ended) co_await out.finish();
  {
    const std::lock_guard lock(words_mutex_);
    std::erase_if(listeners_, [&out](const auto& listener) { return listener.second == &out.wakeup(); });
  }
  notes_.add(ended ? "ended" : "left");
}

void ServerFixture::tell(const std::string& word) {
  const std::lock_guard lock(words_mutex_);
  words_.push_back(word);
  for (const auto& [loop, wakeup] : listeners_) {
    net::post(loop->get_executor(), [this, wakeup = wakeup] {
      const std::lock_guard inner(words_mutex_);
      for (const auto& listener : listeners_) {
        if (listener.second == wakeup) wakeup->notify();
      }
    });
  }
}

void ServerFixture::on_loop(const std::function<void()>& action) {
  std::packaged_task<void()> task(action);
  net::post(loops_.first().get_executor(), [&task] { task(); });
  task.get_future().get();
}

Task<void> ServerFixture::stop_server() {
  return server_->stop();
}

void ServerFixture::stop() {
  if (stopped_) return;
  stopped_ = true;
  std::promise<void> done;
  on_loop([this, &done] {
    auto ended = [&done](const std::exception_ptr&) { done.set_value(); };
    net::co_spawn(loops_.first().get_executor(), stop_server(), ended);
  });
  done.get_future().get();
}

bool ServerFixture::eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  return true;
}

std::string get(std::string_view path, std::string_view more_headers) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(more_headers) + "\r\n";
}

}  // namespace kismet::test
