#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/loop.h"
#include "base/wakeup.h"
#include "base/worker.h"
#include "httpd/identity_settings.h"
#include "httpd/login.h"

namespace kismet {

/// The login that counts now: of the global configuration, else of the auth file, else none yet. Changes are hashed and
/// written on the worker.
/// Thread rule: may_log_in() everywhere; the rest on the first loop. Owned by Identity; lives as long as the loops'
/// handlers.
class PasswordStore {
 public:
  using Say = std::function<void(const std::string&)>;

  PasswordStore(Loops& loops, Worker& worker, const IdentitySettings& settings, Say say);

  /// Reads the login. Returns an empty string, or why the daemon should not start. Blocks.
  std::string load();

  std::shared_ptr<const Login> login() const { return login_; }
  /// False: no name and password can be right, so that nobody need look.
  bool may_log_in() const { return may_log_in_.load(std::memory_order_relaxed); }
  /// Who shows this may set the first password from anywhere; empty once there is a login.
  const std::string& setup_code() const { return setup_code_; }
  /// Called after each change of the login.
  void on_change(std::function<void(const Login&)> callback) { on_change_ = std::move(callback); }

  enum class Set { done, busy, refused, failed };
  struct SetResult {
    Set result;
    std::string reason;  // For people.
  };
  /// Makes this the login, in the auth file too.
  Task<SetResult> set(std::string name, std::string password);
  bool being_set() const { return being_set_; }
  /// Returns once no set() is under way: a client that sets a password may use it before it is hashed.
  Task<void> settled();
  /// Reads the auth file again, after somebody else has changed it.
  Task<void> reload();

 private:
  struct Written {
    Login login;
    std::string error;  // Why it is not in the file.
  };
  Task<std::optional<Written>> write(std::string name, std::string password);
  void setting_ended();
  void take(Login login);
  Login of_config() const;
  void remark(const Login& login) const;

  Loops& loops_;
  Worker& worker_;
  const IdentitySettings& settings_;
  const Say say_;
  std::shared_ptr<const Login> login_;
  std::atomic<bool> may_log_in_ = false;
  std::string setup_code_;
  bool being_set_ = false;
  std::vector<Wakeup*> waiting_;
  std::function<void(const Login&)> on_change_;
};

}  // namespace kismet
