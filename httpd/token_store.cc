#include "httpd/token_store.h"

#include <algorithm>
#include <boost/asio/dispatch.hpp>

namespace kismet {

TokenStore::TokenStore(Loops& loops, Worker& worker, const IdentitySettings& settings, Say say)
    : loops_(loops),
      worker_(worker),
      settings_(settings),
      say_(std::move(say)),
      clock_(loops.first().clock()),
      tables_(loops, [](Loop&) { return std::make_shared<TokenMap>(); }),
      file_(std::make_shared<TokenFile>(settings.session_db, settings.keep_readable)),
      saving_(loops.first().get_executor(),
              [this](const std::string& task, const std::string& what) { say_(task + ": " + what); }) {}

std::int64_t TokenStore::now() const {
  return std::chrono::duration_cast<std::chrono::seconds>(clock_.wall_now().time_since_epoch()).count();
}

std::string TokenStore::load(const Login& login) {
  login_ = std::make_shared<const Login>(login);
  if (settings_.keep_readable) say_("new API keys are kept and listed readable (httpd_allow_auth_view=true)");
  TokenFile::Outcome outcome = file_->load();
  if (outcome.unreadable) {
    const std::string aside = file_->set_aside();
    if (aside.empty()) return outcome.error;
    say_(outcome.error + ": it is now " + aside + ", and no session or API key of it is valid");
    outcome = {};
  }
  if (!outcome.error.empty()) return outcome.error;
  StoredTokens& stored = outcome.tokens;
  if (!stored.sessions.empty() && matches_print(login, stored.login)) {
    print_ = stored.login;
  } else {
    stored.sessions.clear();
  }
  stored.sessions.merge(stored.keys);
  std::erase_if(stored.sessions, [now = now()](const auto& entry) { return entry.second.expired(now); });
  for (std::size_t i = 0; i < loops_.size(); ++i) tables_.local(loops_.at(i)) = stored.sessions;
  return {};
}

const Token* TokenStore::find(Loop& here, std::string_view text) {
  TokenMap& table = tables_.local(here);
  const Digest digest = digest_of(text);
  const auto found = table.find(digest);
  if (found == table.end()) return nullptr;
  Token& token = found->second;
  const std::int64_t time = now();
  if (token.expired(time)) return nullptr;
  const std::int64_t timeout = settings_.session_timeout.count();
  if (token.kind == TokenKind::session && token.expires != 0 && token.expires - time < timeout - timeout / 4) {
    token.expires = time + timeout;
    net::dispatch(loops_.first().get_executor(), [this, digest, expires = token.expires] { prolong(digest, expires); });
  }
  return &token;
}

void TokenStore::prolong(const Digest& digest, std::int64_t expires) {
  auto change = [digest, expires](TokenMap& table) {
    const auto found = table.find(digest);
    if (found != table.end()) found->second.expires = std::max(found->second.expires, expires);
  };
  tables_.update(change);
  save_sessions();
}

void TokenStore::put(const Digest& digest, const Token& token) {
  tables_.update([digest, token](TokenMap& table) { table[digest] = token; });
}

void TokenStore::erase(const Digest& digest) {
  tables_.update([digest](TokenMap& table) { table.erase(digest); });
}

void TokenStore::drop_expired() {
  auto drop = [now = now()](TokenMap& table) {
    std::erase_if(table, [now](const auto& entry) { return entry.second.expired(now); });
  };
  tables_.update(drop);
}

TokenMap TokenStore::sessions() {
  TokenMap sessions = tables_.local(loops_.first());
  std::erase_if(sessions, [](const auto& entry) { return entry.second.kind != TokenKind::session; });
  return sessions;
}

void TokenStore::make_room() {
  drop_expired();
  const TokenMap open = sessions();
  if (open.size() < settings_.sessions) return;
  const auto older = [](const auto& a, const auto& b) { return a.second.expires < b.second.expires; };
  const auto oldest = std::min_element(open.begin(), open.end(), older);
  if (oldest != open.end()) erase(oldest->first);
}

std::string TokenStore::open_session(const std::string& name, const std::string& role) {
  make_room();
  const std::int64_t timeout = settings_.session_timeout.count();
  const std::string text = make_token();
  put(digest_of(text), {TokenKind::session, name, role, now(), timeout == 0 ? 0 : now() + timeout, {}});
  save_sessions();
  return text;
}

std::string TokenStore::end_session(std::string_view text) {
  const Digest digest = digest_of(text);
  const TokenMap& table = tables_.local(loops_.first());
  const auto found = table.find(digest);
  if (found == table.end() || found->second.kind != TokenKind::session) return {};
  std::string name = found->second.name;
  erase(digest);
  save_sessions();
  return name;
}

void TokenStore::end_sessions(const Login& login) {
  login_ = std::make_shared<const Login>(login);
  print_.clear();
  auto drop = [](TokenMap& table) {
    std::erase_if(table, [](const auto& entry) { return entry.second.kind == TokenKind::session; });
  };
  tables_.update(drop);
  save_sessions();
}

std::string TokenStore::issue_helper_token(const std::string& name, const std::string& role) {
  std::string text = make_token();
  auto add = [this, digest = digest_of(text), token = Token{TokenKind::helper, name, role, now(), 0, {}}] {
    put(digest, token);
  };
  net::dispatch(loops_.first().get_executor(), std::move(add));
  return text;
}

void TokenStore::revoke_helper_token(std::string_view text) {
  net::dispatch(loops_.first().get_executor(), [this, digest = digest_of(text)] { erase(digest); });
}

}  // namespace kismet
