#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_watch.h"
#include "base/task_group.h"
#include "httpd/identity_settings.h"
#include "httpd/login_authenticator.h"
#include "httpd/password_store.h"
#include "httpd/router.h"
#include "httpd/token_store.h"

namespace kismet {

/// Who may come in: the login, sessions, API keys, helpers' tokens, and the endpoints about them. What the command line
/// or a person changes in its files counts at once.
/// Thread rule: load() before the loops run; issue_helper_token(), revoke_helper_token() and authenticator()
/// everywhere; the rest on the first loop.
/// Owned by the composition root, which awaits stop() (or saved(), if the loops end next) and destroys it before them.
class Identity {
 public:
  /// Hears, on the first loop, of every login, refusal, and change of login and keys. No secret is in it.
  using Audit = std::function<void(const std::string&)>;

  Identity(Loops& loops, Worker& worker, IdentitySettings settings, Audit audit);
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;

  /// Reads login, sessions and keys. Returns an empty string, or why the daemon should not start. Blocks.
  std::string load();
  /// Reads the files again, as it does by itself when they change.
  Task<void> reload();
  /// Returns once all that changed is written.
  Task<void> saved() { return tokens_.saved(); }
  /// Takes up no more changes; returns once nothing is under way and all is written.
  Task<void> stop();

  Authenticator& authenticator() { return authenticator_; }
  /// /session/* and /auth/apikey/*.
  std::vector<Route> routes();
  /// For the console: shows that a first login may be set from elsewhere. Empty if there is a login.
  const std::string& setup_code() const { return passwords_.setup_code(); }

  /// A token for a helper, 32 hex digits, that does what `role` may until it is revoked; never written anywhere.
  std::string issue_helper_token(const std::string& helper, const std::string& role) {
    return tokens_.issue_helper_token(helper, role);
  }
  void revoke_helper_token(std::string_view token) { tokens_.revoke_helper_token(token); }

 private:
  void watch(const std::string& path);
  void files_changed();
  Task<void> take_up_changes();

  Loops& loops_;
  const IdentitySettings settings_;
  const Audit audit_;
  PasswordStore passwords_;
  TokenStore tokens_;
  LoginAuthenticator authenticator_;
  bool changed_ = false;
  TaskGroup tasks_;
  FileWatch watch_;
};

}  // namespace kismet
