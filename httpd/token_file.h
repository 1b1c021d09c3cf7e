#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "httpd/token.h"

namespace kismet {

/// Sessions and API keys at rest.
struct StoredTokens {
  std::string login;  // login_print() of the login that the sessions belong to.
  TokenMap sessions;
  TokenMap keys;
};

/// The session database (httpd_session_db), a JSON file of digests, 0600, that the daemon and the command line both
/// change: whoever does holds its lock, reads it, and replaces it whole. Of the keys in it the file is the truth, of
/// the sessions the daemon. A file that Kismet wrote (an array with readable tokens) is read, and its keys kept as
/// digests. Thread rule: one thread at a time; everything blocks. Owned by the TokenStore, whose worker runs it, or by
/// a command.
class TokenFile {
 public:
  struct Outcome {
    StoredTokens tokens;
    std::string error;        // For people; empty: done.
    bool unreadable = false;  // The file is there, and is no session database.
  };
  /// Returns an empty string, or why the change cannot be.
  using Change = std::function<std::string(StoredTokens&)>;

  /// An empty `path` keeps the tokens in memory. Without `keep_readable` no token stays readable in the file.
  TokenFile(std::string path, bool keep_readable);

  Outcome load();
  /// Reads, changes and replaces the file; what the change refused is not written.
  Outcome change(const Change& change);
  /// The same for several changes in turn, read and written once. `refusals` gets a reason each, or an empty string.
  Outcome change(std::span<const Change> changes, std::vector<std::string>& refusals);
  /// Puts an unreadable file out of the way; returns its new path, or an empty string.
  std::string set_aside();
  const std::string& path() const { return path_; }

 private:
  Outcome read() const;

  const std::string path_;
  const bool keep_readable_;
  StoredTokens memory_;  // Without a path.
};

}  // namespace kismet
