#include "httpd/password_store.h"

#include "httpd/auth_file.h"
#include "httpd/secrets.h"

namespace kismet {

PasswordStore::PasswordStore(Loops& loops, Worker& worker, const IdentitySettings& settings, Say say)
    : loops_(loops),
      worker_(worker),
      settings_(settings),
      say_(std::move(say)),
      login_(std::make_shared<const Login>()) {}

Login PasswordStore::of_config() const {
  if (settings_.username.empty()) return {};
  return {Login::Source::config, settings_.username, settings_.password};
}

void PasswordStore::remark(const Login& login) const {
  if (!login.configured() || login.hashed()) return;
  const bool config = login.source == Login::Source::config;
  say_(std::string("the password of the web server stands as plain text in ") +
       (config ? "the configuration (httpd_password)" : settings_.auth_file) +
       (config ? "; `kismet passwd` keeps it as a hash in the auth file instead"
               : "; `kismet passwd` replaces it by a hash"));
}

std::string PasswordStore::load() {
  if (settings_.username.empty() != settings_.password.empty()) {
    return "httpd_username and httpd_password need each other; one is missing or empty";
  }
  Login login = of_config();
  if (!login.configured()) {
    AuthFile file = read_auth_file(settings_.auth_file);
    if (!file.error.empty()) return file.error;
    login = std::move(file.login);
  }
  remark(login);
  if (!login.configured()) setup_code_ = make_setup_code();
  take(std::move(login));
  return {};
}

void PasswordStore::take(Login login) {
  login_ = std::make_shared<const Login>(std::move(login));
  if (login_->configured()) setup_code_.clear();
  may_log_in_ = login_->configured() || being_set_;
}

/// However setting it ended, those who wait for it hear of it.
void PasswordStore::setting_ended() {
  being_set_ = false;
  may_log_in_ = login_->configured();
  for (Wakeup* waiting : std::exchange(waiting_, {})) waiting->notify();
}

Task<std::optional<PasswordStore::Written>> PasswordStore::write(std::string name, std::string password) {
  auto job = [path = settings_.auth_file, name, password,
              cost = HashCost{settings_.hash_operations, settings_.hash_memory}] {
    Written written{{Login::Source::file, name, hash_password(password, cost)}, {}};
    written.error = written.login.secret.empty() ? "There is not enough memory to hash the password."
                                                 : write_auth_file(path, written.login);
    return written;
  };
  co_return co_await worker_.run(loops_.first().get_executor(), std::move(job));
}

Task<PasswordStore::SetResult> PasswordStore::set(std::string name, std::string password) {
  if (login_->source == Login::Source::config)
    co_return SetResult{Set::refused, "The login is fixed in the configuration."};
  if (std::string reason = refuse_login(name, password); !reason.empty()) co_return SetResult{Set::refused, reason};
  if (settings_.auth_file.empty()) co_return SetResult{Set::failed, "No auth file is configured (httpd_auth_file)."};
  if (being_set_) co_return SetResult{Set::busy, "The login is being set by somebody else."};
  being_set_ = true;
  may_log_in_ = true;
  std::optional<Written> written;
  try {
    Task<std::optional<Written>> writing = write(std::move(name), std::move(password));
    written = co_await std::move(writing);
    if (written && written->error.empty()) take(written->login);
  } catch (...) {
    setting_ended();
    throw;
  }
  SetResult result{Set::done, {}};
  if (!written) {
    result = {Set::busy, "Too much is waiting to be hashed."};
  } else if (!written->error.empty()) {
    result = {Set::failed, written->error};
  }
  setting_ended();
  if (result.result == Set::done && on_change_) on_change_(*login_);
  co_return result;
}

Task<void> PasswordStore::settled() {
  if (!being_set_) co_return;
  Wakeup settled(loops_.first().get_executor());
  waiting_.push_back(&settled);
  co_await settled.wait();
}

Task<void> PasswordStore::reload() {
  if (of_config().configured() || being_set_) co_return;
  auto job = [path = settings_.auth_file] { return read_auth_file(path); };
  std::optional<AuthFile> file = co_await worker_.run(loops_.first().get_executor(), std::move(job));
  if (!file || being_set_) co_return;
  if (file->error.empty() && file->login == *login_) co_return;
  if (file->error.empty() && !file->login.configured()) file->error = settings_.auth_file + " holds no login any more";
  if (!file->error.empty()) {
    say_(file->error + ": until the next start the login stays as it was");
    co_return;
  }
  remark(file->login);
  take(std::move(file->login));
  say_("the login was changed in " + settings_.auth_file);
  if (on_change_) on_change_(*login_);
}

}  // namespace kismet
