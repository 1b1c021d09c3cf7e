#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/replicated.h"
#include "base/wakeup.h"
#include "base/worker.h"
#include "httpd/authenticator.h"
#include "httpd/credentials.h"
#include "httpd/identity_settings.h"
#include "httpd/login_guard.h"
#include "httpd/login_memory.h"
#include "httpd/password_store.h"
#include "httpd/secrets.h"
#include "httpd/session_cookie.h"
#include "httpd/token_store.h"

namespace kismet {

/// Finds out who asks, from every credential that a request shows: any valid one counts, the strongest first. Tokens
/// and remembered passwords are answered from the loop's own copies; other passwords are hashed on the worker, if the
/// guard of the first loop lets their address try. Thread rule: as Authenticator; guard_ and pending_ belong to the
/// first loop. Owned by Identity; lives as long as the loops' handlers.
class LoginAuthenticator final : public Authenticator {
 public:
  using Audit = std::function<void(const std::string&)>;

  LoginAuthenticator(Loops& loops, Worker& worker, const IdentitySettings& settings, PasswordStore& passwords,
                     TokenStore& tokens, Audit audit);

  bool try_authenticate(const Request& request, AuthResult& result) override;
  Task<AuthResult> authenticate(const Request& request) override;

  /// The login has changed: nothing remembered of the old one counts. On the first loop.
  void forget_logins();
  /// For what else must not be guessed (the set-up code). On the first loop.
  LoginGuard& guard() { return guard_; }

 private:
  /// What a request shows, taken along to the first loop.
  struct Attempt {
    std::vector<std::string> tokens;
    std::vector<LoginReading> readings;
    std::string address;
    CookieScope scope;
  };
  struct Pending {
    std::vector<Wakeup*> waiting;
  };
  enum class Known { right, wrong, unknown };

  Loop& here();
  const Token* best_token(Loop& loop, const Request& request);
  Known look_up(Loop& loop, const std::vector<LoginReading>& readings, const CookieScope& scope, AuthResult& result);
  AuthResult right(const std::string& session, const CookieScope& scope) const;
  Task<AuthResult> on_first_loop(Attempt attempt);
  Task<AuthResult> log_in(Attempt attempt);
  Task<AuthResult> hash(const Attempt& attempt);
  AuthResult accept(const Attempt& attempt, const LoginReading& reading);
  AuthResult refuse(const Attempt& attempt, unsigned failures);
  AuthResult refuse_to_try(const Attempt& attempt, const LoginGuard::Verdict& verdict);

  Loops& loops_;
  Worker& worker_;
  const IdentitySettings& settings_;
  PasswordStore& passwords_;
  TokenStore& tokens_;
  const Audit audit_;
  const KeyedDigest keyed_;
  Replicated<LoginMemory> right_;  // Logins that were right, on every loop.
  LoginMemory wrong_;              // Those that were not, on the first.
  LoginGuard guard_;
  std::unordered_map<Digest, std::shared_ptr<Pending>, DigestHash> pending_;
  std::size_t hashing_ = 0;
};

}  // namespace kismet
