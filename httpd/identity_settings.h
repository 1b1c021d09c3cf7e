#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace kismet {

/// Who may come in, and what guessing costs. Each is a setting of conf/kismet.conf; the option's name is in front.
struct IdentitySettings {
  std::string username;    // httpd_username: the login of the global configuration; empty: the auth file decides.
  std::string password;    // httpd_password: plain text, or a hash as the daemon writes it. Both or neither.
  std::string auth_file;   // httpd_auth_file: path; where set_password and `kismet passwd` keep the login.
  std::string session_db;  // httpd_session_db: path of sessions and API keys; empty: kept in memory only.
  std::chrono::seconds session_timeout{7200};  // httpd_session_timeout: a session unused for this long ends; 0 = never.
  bool allow_auth_creation = true;             // httpd_allow_auth_creation: whether API keys may be made over the web.
  bool keep_readable =
      false;  // httpd_allow_auth_view=true written in a file: new API keys are kept, and listed, readable.

  unsigned long long hash_operations = 2;      // Argon2id passes over memory a password (libsodium's interactive).
  std::size_t hash_memory = 64 * 1024 * 1024;  // Argon2id bytes of memory a password, one password at a time.
  std::size_t hashes_waiting = 8;              // Logins that may wait for the hash; more are answered 429.
  double hash_rate = 5;                        // Hashes a second for addresses that never logged in, all together.
  double hash_burst = 20;                      // As many of them at once.
  std::chrono::seconds remember_login{300};    // A password that was right needs no hash for this long.
  std::chrono::seconds remember_refusal{60};   // Nor does the same wrong one.
  std::size_t remembered_logins = 256;         // Passwords remembered, right and wrong ones.

  unsigned free_failures = 5;                 // Failed logins of an address before it has to wait.
  std::chrono::seconds first_wait{1};         // The first wait; each further failure doubles it.
  std::chrono::seconds longest_wait{60};      // Up to this.
  std::chrono::seconds forget_failures{900};  // An address that failed not for this long starts afresh.
  std::size_t watched_addresses = 4096;       // Addresses remembered for their failures (IPv6: /64 networks).

  std::size_t sessions = 1000;  // Sessions open at a time; one more ends the oldest.
  std::size_t api_keys = 1000;  // API keys at a time.
};

}  // namespace kismet
