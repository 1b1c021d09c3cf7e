#include "httpd/token_file.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"

namespace kismet {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kFileLimit = 16 * 1024 * 1024;
constexpr const char* kFormat = "kismet-tokens-1";

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::int64_t seconds_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return 0;
  if (found->is_number_float()) return static_cast<std::int64_t>(std::clamp(found->get<double>(), -4e15, 4e15));
  return found->get<std::int64_t>();
}

/// A token that somebody wrote in clear is its own digest's source; else the digest is there.
void take(TokenMap& into, TokenKind kind, const Json& entry, bool keep_readable) {
  if (!entry.is_object()) return;
  Token token{
      kind, text_of(entry, "name"), text_of(entry, "role"), seconds_of(entry, "created"), seconds_of(entry, "expires"),
      {}};
  const std::string readable = text_of(entry, "token");
  const std::optional<Digest> digest =
      readable.empty() ? Digest::from_hex(text_of(entry, "hash")) : std::optional(digest_of(readable));
  if (!digest || token.name.empty() || token.role.empty()) return;
  if (keep_readable && kind == TokenKind::api_key) token.readable = readable;
  into[*digest] = std::move(token);
}

Json to_json(const TokenMap& tokens, bool keep_readable) {
  Json list = Json::array();
  for (const auto& [digest, token] : tokens) {
    Json entry = {{"hash", digest.hex()},
                  {"name", token.name},
                  {"role", token.role},
                  {"created", token.created},
                  {"expires", token.expires}};
    if (keep_readable && !token.readable.empty()) entry["token"] = token.readable;
    list.push_back(std::move(entry));
  }
  return list;
}

bool parse(std::string_view text, bool keep_readable, StoredTokens& tokens) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_array()) {  // Kismet's own. Its "web logon" is a session that ended with it.
    for (const Json& entry : json) {
      if (entry.is_object() && text_of(entry, "name") != "web logon") {
        take(tokens.keys, TokenKind::api_key, entry, keep_readable);
      }
    }
    return true;
  }
  if (!json.is_object() || text_of(json, "format") != kFormat) return false;
  tokens.login = text_of(json, "login");
  if (json.contains("sessions")) {
    for (const Json& entry : json["sessions"]) take(tokens.sessions, TokenKind::session, entry, false);
  }
  if (json.contains("keys")) {
    for (const Json& entry : json["keys"]) take(tokens.keys, TokenKind::api_key, entry, keep_readable);
  }
  return true;
}

std::string compose(const StoredTokens& tokens, bool keep_readable) {
  const Json json = {{"format", kFormat},
                     {"login", tokens.login},
                     {"sessions", to_json(tokens.sessions, false)},
                     {"keys", to_json(tokens.keys, keep_readable)}};
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

TokenFile::TokenFile(std::string path, bool keep_readable) : path_(std::move(path)), keep_readable_(keep_readable) {}

TokenFile::Outcome TokenFile::load() {
  return read();
}

TokenFile::Outcome TokenFile::read() const {
  Outcome outcome;
  if (path_.empty()) {
    outcome.tokens = memory_;
    return outcome;
  }
  const auto content = read_whole_file(path_, kFileLimit);
  if (!content) {
    if (content.error() != boost::system::errc::no_such_file_or_directory) {
      outcome.error = path_ + ": " + content.error().message();
    }
    return outcome;
  }
  if (!content->empty() && !parse(*content, keep_readable_, outcome.tokens)) {
    outcome.unreadable = true;
    outcome.error = path_ + " is not a session database";
  }
  return outcome;
}

TokenFile::Outcome TokenFile::change(const Change& change) {
  std::vector<std::string> refusals;
  Outcome outcome = this->change(std::span(&change, 1), refusals);
  if (outcome.error.empty()) outcome.error = std::move(refusals.front());
  return outcome;
}

TokenFile::Outcome TokenFile::change(std::span<const Change> changes, std::vector<std::string>& refusals) {
  refusals.assign(changes.size(), {});
  FileLock lock;
  if (!path_.empty()) {
    auto acquired = FileLock::acquire(path_);
    if (!acquired) return {{}, path_ + ".lock: " + acquired.error().message()};
    lock = std::move(*acquired);
  }
  Outcome outcome = read();
  if (!outcome.error.empty()) return outcome;
  bool changed = false;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    refusals[i] = changes[i](outcome.tokens);
    changed = changed || refusals[i].empty();
  }
  if (!changed) return outcome;
  if (path_.empty()) {
    memory_ = outcome.tokens;
  } else if (const auto ec = replace_file(path_, compose(outcome.tokens, keep_readable_), 0600)) {
    outcome.error = path_ + ": " + ec.message();
  }
  return outcome;
}

std::string TokenFile::set_aside() {
  const std::string aside = path_ + ".bad";
  return std::rename(path_.c_str(), aside.c_str()) == 0 ? aside : std::string{};
}

}  // namespace kismet
