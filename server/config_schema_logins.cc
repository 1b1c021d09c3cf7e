#include "server/config_schema_parts.h"

namespace kismet::schema {
namespace {

using namespace std::chrono_literals;

}  // namespace

void add_logins(std::vector<Setting>& out) {
  Section add(out, "Logins");
  const auto seconds = [](std::chrono::milliseconds min) {
    return duration<std::chrono::seconds>(TimeUnit::seconds, min);
  };
  add(scalar(
          "httpd_username", [](auto& c) -> auto& { return c.identity.username; }, text_value(),
          "Name of the one login, if it shall be fixed here; goes with httpd_password. Without both, the first "
          "visitor from this machine (or with the printed code) sets name and password."))
      .example = "kismet";
  Setting& password = add(scalar(
      "httpd_password", [](auto& c) -> auto& { return c.identity.password; }, text_value(),
      "Its password: plain text, or better the hash that kismet passwd --print makes."));
  password.secret = true;
  password.example = "$argon2id$...";
  add(scalar(
      "httpd_auth_file", [](auto& c) -> auto& { return c.identity.auth_file; }, path_value(),
      "File in which name and password are kept when they are not fixed here.", "%h/.kismet/kismet_httpd.conf"));
  add(scalar(
      "httpd_session_db", [](auto& c) -> auto& { return c.identity.session_db; }, path_or_none(),
      "File of sessions and API keys; none keeps them in memory only.", "%h/.kismet/session.db"));
  add(scalar(
      "httpd_session_timeout", [](auto& c) -> auto& { return c.identity.session_timeout; }, seconds(0ms),
      "A session that is unused for this long ends; 0 is never."));
  add(scalar(
      "httpd_allow_auth_creation", [](auto& c) -> auto& { return c.identity.allow_auth_creation; }, flag(),
      "Whether API keys may be made over the web."));
  add(scalar(
      "httpd_allow_auth_view", [](auto& c) -> auto& { return c.identity.keep_readable; }, flag(),
      "Whether new API keys are kept so that they can be shown again; otherwise only their hash is kept."));
  const char* const no_jwt =
      "sessions are random tokens, which httpd_session_db keeps over a restart, so there is nothing to sign; what "
      "another "
      "program signs with this key is not accepted: give it an API key";
  add(without_effect("httpd_jwt_key", no_jwt)).secret = true;
  add(without_effect("httpd_jwt_issuer", no_jwt));

  add(scalar(
      "httpd_hash_operations", [](auto& c) -> auto& { return c.identity.hash_operations; },
      number<unsigned long long>(1, 100), "Passes of the password hash (Argon2id) over its memory."));
  add(scalar(
      "httpd_hash_memory", [](auto& c) -> auto& { return c.identity.hash_memory; }, bytes<std::size_t>(kMiB, kGiB),
      "Memory of the password hash; one password is hashed at a time."));
  add(scalar(
      "httpd_hashes_waiting", [](auto& c) -> auto& { return c.identity.hashes_waiting; },
      number<std::size_t>(1, 10'000), "Logins that may wait for the hash; more are answered 429."));
  add(scalar(
      "httpd_hash_rate", [](auto& c) -> auto& { return c.identity.hash_rate; }, decimal(0.01, 10'000, "a second"),
      "Passwords that are hashed for addresses that never logged in, all together."));
  add(scalar(
      "httpd_hash_burst", [](auto& c) -> auto& { return c.identity.hash_burst; }, decimal(1, 10'000),
      "As many of them at once."));
  add(scalar(
      "httpd_remember_login", [](auto& c) -> auto& { return c.identity.remember_login; }, seconds(0ms),
      "A password that was right needs no hash for this long."));
  add(scalar(
      "httpd_remember_refusal", [](auto& c) -> auto& { return c.identity.remember_refusal; }, seconds(0ms),
      "Nor does the same wrong one."));
  add(scalar(
      "httpd_remembered_logins", [](auto& c) -> auto& { return c.identity.remembered_logins; },
      number<std::size_t>(1, 1'000'000), "Passwords that are remembered so, right and wrong ones."));
  add(scalar(
      "httpd_free_failures", [](auto& c) -> auto& { return c.identity.free_failures; }, number<unsigned>(1, 1000),
      "Failed logins of an address before it has to wait."));
  add(scalar(
      "httpd_first_wait", [](auto& c) -> auto& { return c.identity.first_wait; }, seconds(0ms),
      "The first wait; each further failure doubles it."));
  add(scalar(
      "httpd_longest_wait", [](auto& c) -> auto& { return c.identity.longest_wait; }, seconds(0ms),
      "The longest wait."));
  add(scalar(
      "httpd_forget_failures", [](auto& c) -> auto& { return c.identity.forget_failures; }, seconds(1ms),
      "An address that has not failed for this long starts afresh."));
  add(scalar(
      "httpd_watched_addresses", [](auto& c) -> auto& { return c.identity.watched_addresses; },
      number<std::size_t>(1, 10'000'000), "Addresses whose failures are remembered (of IPv6, networks of 64 bits)."));
  add(scalar(
      "httpd_sessions", [](auto& c) -> auto& { return c.identity.sessions; }, number<std::size_t>(1, 10'000'000),
      "Sessions open at a time; one more ends the oldest."));
  add(scalar(
      "httpd_api_keys", [](auto& c) -> auto& { return c.identity.api_keys; }, number<std::size_t>(1, 10'000'000),
      "API keys at a time."));
}

}  // namespace kismet::schema
