#include "httpd/login_authenticator.h"

#include <algorithm>
#include <new>

#include "base/run_on.h"
#include "httpd/router.h"

namespace kismet {

namespace {

constexpr std::string_view kAdmin = "admin";

}  // namespace

bool may_use(const Principal& principal, std::string_view role) {
  if (role == RouteRole::kNone) return true;
  if (principal.role.empty()) return false;
  return role == RouteRole::kAny || principal.role == kAdmin || principal.role == role;
}

LoginAuthenticator::LoginAuthenticator(Loops& loops, Worker& worker, const IdentitySettings& settings,
                                       PasswordStore& passwords, TokenStore& tokens, Audit audit)
    : loops_(loops),
      worker_(worker),
      settings_(settings),
      passwords_(passwords),
      tokens_(tokens),
      audit_(std::move(audit)),
      right_(loops, [&settings](Loop&) { return std::make_shared<LoginMemory>(settings.remembered_logins); }),
      wrong_(settings.remembered_logins),
      guard_(loops.first().clock(), settings) {}

Loop& LoginAuthenticator::here() {
  for (std::size_t i = 1; i < loops_.size(); ++i) {
    if (loops_.at(i).here()) return loops_.at(i);
  }
  return loops_.first();
}

/// The first that is admin's, else the first that is valid.
const Token* LoginAuthenticator::best_token(Loop& loop, const Request& request) {
  const Token* best = nullptr;
  for_each_token(request, [&](std::string_view text) {
    const Token* token = tokens_.find(loop, text);
    if (token != nullptr && (best == nullptr || token->role == kAdmin)) best = token;
    return best == nullptr || best->role != kAdmin;
  });
  return best;
}

AuthResult LoginAuthenticator::right(const std::string& session, const CookieScope& scope) const {
  return {{passwords_.login()->name, std::string(kAdmin)}, session_cookie(session, scope)};
}

LoginAuthenticator::Known LoginAuthenticator::look_up(Loop& loop, const std::vector<LoginReading>& readings,
                                                      const CookieScope& scope, AuthResult& result) {
  const SteadyTime now = loop.clock().now();
  bool all_wrong = true;
  for (const LoginReading& reading : readings) {
    const Digest digest = keyed_(reading.name, reading.password);
    const LoginMemory::Outcome* known = right_.local(loop).find(digest);
    if (known != nullptr && known->until > now) {
      const Token* session = tokens_.find(loop, known->session);
      if (session != nullptr) {
        result = {{session->name, session->role}, session_cookie(known->session, scope)};
        return Known::right;
      }
    }
    if (&loop == &loops_.first()) {
      const LoginMemory::Outcome* wrong = wrong_.find(digest);
      if (wrong != nullptr && wrong->until > now) continue;
    }
    all_wrong = false;
  }
  return all_wrong ? Known::wrong : Known::unknown;
}

bool LoginAuthenticator::try_authenticate(const Request& request, AuthResult& result) {
  Loop& loop = here();
  result = {};
  const Token* token = best_token(loop, request);
  if (token != nullptr) {
    result.principal = {token->name, token->role};
    if (token->role == kAdmin) return true;
  }
  if (has_login(request) && passwords_.may_log_in()) {
    const std::vector<LoginReading> readings = login_readings(request);
    if (!readings.empty()) {
      AuthResult login;
      const Known known = look_up(loop, readings, CookieScope::of(request), login);
      if (known == Known::right) result = std::move(login);
      return known != Known::unknown;
    }
  }
  if (token != nullptr || &loop == &loops_.first()) return true;
  // A token may be on its way from the first loop to this one; only that loop knows.
  bool shows_token = false;
  for_each_token(request, [&](std::string_view) {
    shows_token = true;
    return false;
  });
  return !shows_token;
}

Task<AuthResult> LoginAuthenticator::authenticate(const Request& request) {
  AuthResult fast;
  if (try_authenticate(request, fast)) co_return fast;
  Attempt attempt{{}, {}, request.client_address, CookieScope::of(request)};
  if (passwords_.may_log_in()) attempt.readings = login_readings(request);
  if (fast.principal.role.empty()) {
    for_each_token(request, [&](std::string_view text) {
      attempt.tokens.emplace_back(text);
      return true;
    });
  }
  AuthResult slow = co_await run_on(loops_.first(), on_first_loop(std::move(attempt)));
  // A token that is less than admin's is still better than a login that is wrong.
  if (slow.principal.role.empty() && !fast.principal.role.empty()) co_return fast;
  co_return slow;
}

Task<AuthResult> LoginAuthenticator::on_first_loop(Attempt attempt) {
  AuthResult result;
  for (const std::string& text : attempt.tokens) {
    const Token* token = tokens_.find(loops_.first(), text);
    if (token == nullptr) continue;
    result.principal = {token->name, token->role};
    if (token->role == kAdmin) co_return result;
  }
  if (attempt.readings.empty()) co_return result;
  AuthResult login = co_await log_in(std::move(attempt));
  co_return login.principal.role.empty() && !result.principal.role.empty() ? result : login;
}

/// Requests that show the same login at the same time are one attempt, hashed once.
Task<AuthResult> LoginAuthenticator::log_in(Attempt attempt) {
  Loop& loop = loops_.first();
  co_await passwords_.settled();
  const Digest digest = keyed_(attempt.readings.front().name, attempt.readings.front().password);
  for (;;) {
    AuthResult result;
    const Known known = look_up(loop, attempt.readings, attempt.scope, result);
    if (known != Known::unknown || !passwords_.login()->configured()) co_return result;
    const auto other = pending_.find(digest);
    if (other == pending_.end()) break;
    Wakeup done(loop.get_executor());
    other->second->waiting.push_back(&done);
    co_await done.wait();
  }
  const auto pending = std::make_shared<Pending>();
  pending_.emplace(digest, pending);
  AuthResult result = co_await hash(attempt);
  pending_.erase(digest);
  for (Wakeup* waiting : pending->waiting) waiting->notify();
  co_return result;
}

Task<AuthResult> LoginAuthenticator::hash(const Attempt& attempt) {
  if (hashing_ >= settings_.hashes_waiting) co_return AuthResult{{}, {}, 1};
  const LoginGuard::Verdict verdict = guard_.begin(attempt.address);
  if (verdict.wait.count() > 0) co_return refuse_to_try(attempt, verdict);
  const std::shared_ptr<const Login> login = passwords_.login();
  auto job = [login, readings = attempt.readings]() -> std::optional<std::ptrdiff_t> {
    const auto is_right = [&](const LoginReading& reading) { return is_login(*login, reading); };
    try {
      return std::find_if(readings.begin(), readings.end(), is_right) - readings.begin();
    } catch (const std::bad_alloc&) {
      return std::nullopt;
    }
  };
  ++hashing_;
  const auto tried = co_await worker_.run(loops_.first().get_executor(), std::move(job));
  --hashing_;
  const std::optional<std::ptrdiff_t> found = tried.value_or(std::nullopt);
  if (!found || login != passwords_.login()) {  // Not tried, or tried against a login that is no more.
    guard_.withdrawn(attempt.address);
    co_return AuthResult{{}, {}, 1};
  }
  const auto index = static_cast<std::size_t>(*found);
  if (index == attempt.readings.size()) co_return refuse(attempt, verdict.failures);
  co_return accept(attempt, attempt.readings[index]);
}

AuthResult LoginAuthenticator::accept(const Attempt& attempt, const LoginReading& reading) {
  guard_.succeeded(attempt.address);
  const Digest digest = keyed_(reading.name, reading.password);
  const LoginMemory::Outcome* before = right_.local(loops_.first()).find(digest);
  LoginMemory::Outcome outcome{true, loops_.first().clock().now() + settings_.remember_login, {}};
  if (before != nullptr && tokens_.find(loops_.first(), before->session) != nullptr) {
    outcome.session = before->session;
  } else {
    outcome.session = tokens_.open_session(reading.name, std::string(kAdmin));
    audit_("login of \"" + reading.name + "\" from " + attempt.address);
  }
  AuthResult result = right(outcome.session, attempt.scope);
  right_.update([digest, outcome](LoginMemory& memory) { memory.put(digest, outcome); });
  return result;
}

// What was typed is not repeated: people type passwords where names belong.
AuthResult LoginAuthenticator::refuse(const Attempt& attempt, unsigned failures) {
  for (const LoginReading& reading : attempt.readings) {
    const SteadyTime until = loops_.first().clock().now() + settings_.remember_refusal;
    wrong_.put(keyed_(reading.name, reading.password), {false, until, {}});
  }
  audit_("login from " + attempt.address + " refused: wrong name or password (failure " + std::to_string(failures) +
         ")");
  return {};
}

AuthResult LoginAuthenticator::refuse_to_try(const Attempt& attempt, const LoginGuard::Verdict& verdict) {
  const std::string wait = std::to_string(verdict.wait.count());
  if (verdict.first_refusal) {
    audit_("login from " + attempt.address + " not tried: it has to wait " + wait + " s after " +
           std::to_string(verdict.failures) + " failures");
  }
  return {{}, {}, static_cast<unsigned>(verdict.wait.count())};
}

void LoginAuthenticator::forget_logins() {
  right_.update([](LoginMemory& memory) { memory.clear(); });
  wrong_.clear();
}

}  // namespace kismet
