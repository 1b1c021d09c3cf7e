#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/replicated.h"
#include "base/task_group.h"
#include "base/worker.h"
#include "httpd/identity_settings.h"
#include "httpd/login.h"
#include "httpd/token.h"
#include "httpd/token_file.h"

namespace kismet {

/// All tokens that are valid now: sessions, API keys, helpers' tokens. Each loop looks them up in a copy of its own, by
/// digest, so that a lookup takes the same time however many there are. Sessions are written some time after they
/// change, keys before the caller hears of it.
/// Thread rule: find() on the loop that is named; issue_helper_token() and revoke_helper_token() everywhere; the rest
/// on the first loop. Owned by Identity; lives as long as the loops' handlers.
class TokenStore {
 public:
  using Say = std::function<void(const std::string&)>;

  /// `say` hears what people should know of the database.
  TokenStore(Loops& loops, Worker& worker, const IdentitySettings& settings, Say say);

  /// Reads the database. A session lives on if its login is still `login`, a key if it has not expired. A file that is
  /// no database is set aside. Returns an empty string, or why the daemon should not start. Blocks.
  std::string load(const Login& login);

  /// The valid token with this text, or null. A session in use is prolonged.
  const Token* find(Loop& here, std::string_view text);

  /// A new session; the text of its token. The oldest ends if there are too many.
  std::string open_session(const std::string& name, const std::string& role);
  /// Ends the session with this token; its name, or an empty string if it is no session.
  std::string end_session(std::string_view text);
  /// Ends all sessions: `login` is the login from now on.
  void end_sessions(const Login& login);

  struct NewKey {
    std::string token;
    std::string error;  // For people; empty: done.
  };
  /// Makes an API key that expires after `duration` (0 = never), and writes it.
  Task<NewKey> add_key(std::string name, std::string role, std::chrono::seconds duration);
  /// Ends an API key, in the file too. Returns an empty string, or why not.
  Task<std::string> revoke_key(std::string name);
  /// The valid API keys, by name.
  std::vector<Token> keys();
  /// Takes up what the command line changed in the file.
  Task<void> reload_keys();

  /// A token that is valid until it is revoked; never written.
  std::string issue_helper_token(const std::string& name, const std::string& role);
  void revoke_helper_token(std::string_view text);

  /// Returns once all that changed is written.
  Task<void> saved() { return saving_.drained(); }
  std::int64_t now() const;

 private:
  void prolong(const Digest& digest, std::int64_t expires);
  void make_room();
  void put(const Digest& digest, const Token& token);
  void erase(const Digest& digest);
  void set_keys(TokenMap keys);
  void forget_key(const std::string& name, bool in_file);
  void drop_expired();
  /// What became of a change of the file.
  struct Written {
    std::string error;  // For people; empty: done.
    std::string login;  // StoredTokens::login, as it is now.
  };
  struct Waiting;
  Task<Written> change_file(TokenFile::Change change);
  Task<void> write_group();
  void save_sessions();
  Task<void> write_sessions();
  TokenMap sessions();

  Loops& loops_;
  Worker& worker_;
  const IdentitySettings& settings_;
  const Say say_;
  const Clock& clock_;
  Replicated<TokenMap> tables_;
  std::shared_ptr<TokenFile> file_;  // Used on the worker alone once load() is done.
  std::shared_ptr<const Login> login_;
  std::string print_;                               // login_print() of login_; empty: not made yet.
  std::unordered_set<Digest, DigestHash> revoked_;  // Keys that are still in a file that could not be written.
  bool sessions_changed_ = false;
  std::vector<Waiting*> waiting_;  // Changes for the next write.
  bool writing_ = false;
  TaskGroup saving_;
};

}  // namespace kismet
