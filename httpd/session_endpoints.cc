#include "httpd/session_endpoints.h"

#include "base/run_on.h"
#include "httpd/handler.h"
#include "httpd/percent.h"
#include "httpd/response_writer.h"
#include "httpd/session_cookie.h"

namespace kismet {

namespace {

using Audit = std::function<void(const std::string&)>;

struct Answer {
  unsigned status;
  std::string text;
  unsigned retry_after = 0;
};

ResponseHead head_of(const Answer& answer) {
  ResponseHead head{answer.status, "text/plain; charset=utf-8", {{"Cache-Control", "no-store"}}};
  if (answer.retry_after > 0) head.headers.emplace_back("Retry-After", std::to_string(answer.retry_after));
  return head;
}

Task<void> send(ResponseWriter& out, const Answer& answer) {
  const ResponseHead head = head_of(answer);
  co_await out.send(head, answer.text);
}

/// The router has checked the login already.
class Say final : public Handler {
 public:
  explicit Say(std::string text) : answer_{200, std::move(text)} {}
  Task<void> handle(const Request&, ResponseWriter& out) override { return send(out, answer_); }

 private:
  const Answer answer_;
};

/// User interfaces branch on the numbers.
class CheckSetup final : public Handler {
 public:
  CheckSetup(Loops& loops, PasswordStore& passwords) : loops_(loops), passwords_(passwords) {}

  Task<void> handle(const Request&, ResponseWriter& out) override {
    const Answer answer = co_await run_on(loops_.first(), look());
    co_await send(out, answer);
  }

 private:
  Task<Answer> look() {
    switch (passwords_.login()->source) {
      case Login::Source::file:
        co_return Answer{200, "Login configured in user config\n"};
      case Login::Source::config:
        co_return Answer{406, "Login configured in global config\n"};
      case Login::Source::none:
        break;
    }
    co_return Answer{500, "Login not configured\n"};
  }

  Loops& loops_;
  PasswordStore& passwords_;
};

class Logout final : public Handler {
 public:
  Logout(Loops& loops, TokenStore& tokens, Audit audit) : loops_(loops), tokens_(tokens), audit_(std::move(audit)) {}

  Task<void> handle(const Request& request, ResponseWriter& out) override {
    std::vector<std::string> shown;
    for_each_token(request, [&](std::string_view token) {
      shown.emplace_back(token);
      return true;
    });
    co_await run_on(loops_.first(), end(std::move(shown), request.client_address));
    const ResponseHead head = forgetting(CookieScope::of(request));
    co_await out.send(head, "Logged out\n");
  }

 private:
  static ResponseHead forgetting(const CookieScope& scope) {
    ResponseHead head = head_of({200, {}});
    head.headers.emplace_back("Set-Cookie", forgetting_cookie(scope));
    return head;
  }

  Task<void> end(std::vector<std::string> shown, std::string address) {
    for (const std::string& token : shown) {
      const std::string name = tokens_.end_session(token);
      if (!name.empty()) audit_("logout of \"" + name + "\" from " + address);
    }
    co_return;
  }

  Loops& loops_;
  TokenStore& tokens_;
  const Audit audit_;
};

class SetPassword final : public Handler {
 public:
  SetPassword(Loops& loops, PasswordStore& passwords, LoginAuthenticator& authenticator, Audit audit)
      : loops_(loops), passwords_(passwords), authenticator_(authenticator), audit_(std::move(audit)) {}

  Task<void> handle(const Request& request, ResponseWriter& out) override {
    AuthResult who{request.principal, {}, 0};
    if (who.principal.role.empty() && !authenticator_.try_authenticate(request, who)) {
      who = co_await authenticator_.authenticate(request);
    }
    Wish wish = read(request);
    wish.admin = may_use(who.principal, "admin");
    wish.retry_after = who.retry_after;
    const Answer answer = co_await run_on(loops_.first(), set(std::move(wish)));
    co_await send(out, answer);
  }

 private:
  struct Wish {
    std::string name;
    std::string password;
    std::string code;
    std::string address;
    bool admin = false;
    bool this_machine = false;
    unsigned retry_after = 0;
  };

  static bool passed_on(const Request& request) {
    for (const char* name : {"x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "via"}) {
      if (request.headers.has(name)) return true;
    }
    return false;
  }

  static Wish read(const Request& request) {
    Wish wish;
    wish.address = request.client_address;
    wish.this_machine = request.from_loopback && !passed_on(request);
    if (!iequals(request.content_type(), "application/x-www-form-urlencoded")) return wish;
    for_each_field(request.body, [&](std::string_view name, std::string_view value) {
      std::string decoded = percent_decode(value, Plus::space);
      if (name == "username")
        wish.name = std::move(decoded);
      else if (name == "password")
        wish.password = std::move(decoded);
      else if (name == "setup_code")
        wish.code = std::move(decoded);
    });
    return wish;
  }

  Answer no(const Wish& wish, Answer answer) const {
    audit_("setting the login from " + wish.address + " refused: " + answer.text.substr(0, answer.text.find('\n')));
    return answer;
  }

  /// Whether this client may set a login now; status 200: it may.
  Answer check(const Wish& wish) {
    const std::shared_ptr<const Login> login = passwords_.login();
    if (login->source == Login::Source::config) return {403, "The login is fixed in the configuration.\n"};
    if (wish.admin) return {200, {}};
    if (wish.retry_after > 0) return {429, "Too many failed logins; try again later.\n", wish.retry_after};
    if (login->configured()) return {403, "The login is set already; changing it takes a login.\n"};
    if (wish.this_machine) return {200, {}};
    if (wish.code.empty()) {
      return {403,
              "The first login is set from the machine itself, or with the set-up code that the daemon printed when it "
              "started.\n"};
    }
    const LoginGuard::Verdict verdict = authenticator_.guard().begin(wish.address);
    if (verdict.wait.count() > 0) {
      return {429, "Too many wrong set-up codes; try again later.\n", static_cast<unsigned>(verdict.wait.count())};
    }
    if (!same_secret(wish.code, passwords_.setup_code())) return {403, "The set-up code is wrong.\n"};
    authenticator_.guard().succeeded(wish.address);
    return {200, {}};
  }

  Task<Answer> set(Wish wish) {
    if (!wish.admin) co_await passwords_.settled();
    Answer allowed = check(wish);
    if (allowed.status != 200) co_return no(wish, std::move(allowed));
    if (std::string reason = refuse_login(wish.name, wish.password); !reason.empty())
      co_return Answer{400, reason + "\n"};
    const PasswordStore::SetResult result = co_await passwords_.set(wish.name, wish.password);
    switch (result.result) {
      case PasswordStore::Set::done:
        audit_("login set to \"" + wish.name + "\" from " + wish.address);
        co_return Answer{200, "Login configured\n"};
      case PasswordStore::Set::busy:
        co_return Answer{503, result.reason + "\n", 1};
      case PasswordStore::Set::refused:
        co_return Answer{403, result.reason + "\n"};
      case PasswordStore::Set::failed:
        break;
    }
    co_return no(wish, {500, result.reason + "\n"});
  }

  Loops& loops_;
  PasswordStore& passwords_;
  LoginAuthenticator& authenticator_;
  const Audit audit_;
};

}  // namespace

std::vector<Route> session_routes(Loops& loops, PasswordStore& passwords, TokenStore& tokens,
                                  LoginAuthenticator& authenticator, Audit audit) {
  const auto route = [](std::string method, std::string path, std::string_view role, std::shared_ptr<Handler> handler) {
    return Route{std::move(method), std::move(path), std::string(role), {}, true, std::move(handler)};
  };
  return {
      route("GET", "/session/check_setup_ok", RouteRole::kNone, std::make_shared<CheckSetup>(loops, passwords)),
      route("GET", "/session/check_login", "admin", std::make_shared<Say>("Login valid\n")),
      route("GET", "/session/check_session", RouteRole::kAny, std::make_shared<Say>("Session valid\n")),
      route("POST", "/session/logout", RouteRole::kNone, std::make_shared<Logout>(loops, tokens, audit)),
      route("POST", "/session/set_password", RouteRole::kNone,
            std::make_shared<SetPassword>(loops, passwords, authenticator, std::move(audit))),
  };
}

}  // namespace kismet
