#include <algorithm>
#include <utility>

#include "base/wakeup.h"
#include "httpd/token_store.h"

namespace kismet {

namespace {

bool has_name(const TokenMap& keys, const std::string& name) {
  return std::any_of(keys.begin(), keys.end(), [&](const auto& entry) { return entry.second.name == name; });
}

}  // namespace

// The part of the token store that lives with the file: keys are changed there first, then in the loops' copies; jobs
// run on one worker in order, so the last result is the newest state of the file.

/// A change that waits to be written, in the frame of the coroutine that awaits it.
struct TokenStore::Waiting {
  Waiting(TokenFile::Change wanted, Executor executor) : change(std::move(wanted)), wakeup(executor) {}

  TokenFile::Change change;
  Written result;
  bool done = false;
  Wakeup wakeup;
};

/// The file is replaced whole: changes that come while it is being written go into the next write together.
Task<TokenStore::Written> TokenStore::change_file(TokenFile::Change change) {
  Waiting mine(std::move(change), loops_.first().get_executor());
  waiting_.push_back(&mine);
  while (!mine.done) {
    if (writing_) {
      co_await mine.wakeup.wait();
    } else {
      co_await write_group();
    }
  }
  co_return std::move(mine.result);
}

Task<void> TokenStore::write_group() {
  struct Result {
    TokenFile::Outcome outcome;
    std::vector<std::string> refusals;
  };
  writing_ = true;
  const std::vector<Waiting*> group = std::exchange(waiting_, {});
  std::vector<TokenFile::Change> changes;
  for (Waiting* waiting : group) changes.push_back(std::move(waiting->change));
  auto job = [file = file_, changes = std::move(changes)] {
    Result result;
    result.outcome = file->change(changes, result.refusals);
    return result;
  };
  std::optional<Result> result = co_await worker_.run(loops_.first().get_executor(), std::move(job));
  writing_ = false;
  if (result && result->outcome.error.empty()) set_keys(std::move(result->outcome.tokens.keys));
  for (std::size_t i = 0; i < group.size(); ++i) {
    Written& written = group[i]->result;
    if (!result) {
      written.error = "too much waits to be written";
    } else {
      written.error = result->outcome.error.empty() ? result->refusals[i] : result->outcome.error;
      written.login = result->outcome.tokens.login;
    }
    group[i]->done = true;
    group[i]->wakeup.notify();
  }
  if (!waiting_.empty()) waiting_.front()->wakeup.notify();
}

void TokenStore::set_keys(TokenMap keys) {
  const auto ended = [this, now = now()](const auto& entry) {
    return entry.second.expired(now) || revoked_.contains(entry.first);
  };
  std::erase_if(keys, ended);
  auto change = [keys = std::move(keys)](TokenMap& table) {
    std::erase_if(table, [](const auto& entry) { return entry.second.kind == TokenKind::api_key; });
    table.insert(keys.begin(), keys.end());
  };
  tables_.update(change);
}

Task<TokenStore::NewKey> TokenStore::add_key(std::string name, std::string role, std::chrono::seconds duration) {
  const std::string text = make_token();
  const std::int64_t time = now();
  Token token{TokenKind::api_key, name, role, time, duration.count() == 0 ? 0 : time + duration.count(), {}};
  if (settings_.keep_readable) token.readable = text;
  TokenFile::Change add = [digest = digest_of(text), token,
                           most = settings_.api_keys](StoredTokens& stored) -> std::string {
    std::erase_if(stored.keys, [&](const auto& entry) { return entry.second.expired(token.created); });
    if (has_name(stored.keys, token.name)) return "an API key of that name exists already";
    if (stored.keys.size() >= most) return "there are too many API keys";
    stored.keys[digest] = token;
    return {};
  };
  Written written = co_await change_file(std::move(add));
  if (!written.error.empty()) co_return NewKey{{}, std::move(written.error)};
  co_return NewKey{text, {}};
}

Task<std::string> TokenStore::revoke_key(std::string name) {
  TokenFile::Change remove = [name](StoredTokens& stored) -> std::string {
    const auto of_name = [&](const auto& entry) { return entry.second.name == name; };
    return std::erase_if(stored.keys, of_name) > 0 ? std::string{} : "there is no API key of that name";
  };
  Written written = co_await change_file(std::move(remove));
  forget_key(name, !written.error.empty());
  co_return std::move(written.error);
}

/// Whatever became of the file, the key is not valid here any more.
void TokenStore::forget_key(const std::string& name, bool in_file) {
  std::vector<Digest> digests;
  for (const auto& [digest, token] : tables_.local(loops_.first())) {
    if (token.kind == TokenKind::api_key && token.name == name) digests.push_back(digest);
  }
  for (const Digest& digest : digests) {
    erase(digest);
    if (in_file) revoked_.insert(digest);
  }
}

std::vector<Token> TokenStore::keys() {
  std::vector<Token> keys;
  for (const auto& [digest, token] : tables_.local(loops_.first())) {
    if (token.kind == TokenKind::api_key && !token.expired(now())) keys.push_back(token);
  }
  std::sort(keys.begin(), keys.end(), [](const Token& a, const Token& b) { return a.name < b.name; });
  return keys;
}

Task<void> TokenStore::reload_keys() {
  auto job = [file = file_] { return file->load(); };
  std::optional<TokenFile::Outcome> outcome = co_await worker_.run(loops_.first().get_executor(), std::move(job));
  if (!outcome) co_return;
  if (!outcome->error.empty()) {
    say_(outcome->error + ": the API keys stay as they were");
  } else {
    set_keys(std::move(outcome->tokens.keys));
  }
}

void TokenStore::save_sessions() {
  if (settings_.session_db.empty()) return;
  sessions_changed_ = true;
  if (saving_.running() == 0) saving_.spawn("saving sessions", write_sessions());
}

/// Changes that come while one write is under way go into the next.
Task<void> TokenStore::write_sessions() {
  while (sessions_changed_) {
    sessions_changed_ = false;
    auto replace =
        [sessions = sessions(), login = login_, print = print_,
         cost = HashCost{settings_.hash_operations, settings_.hash_memory}](StoredTokens& stored) -> std::string {
      stored.sessions = sessions;
      stored.login = !print.empty() || !login ? print : login_print(*login, cost);
      return {};
    };
    const std::shared_ptr<const Login> login = login_;
    const Written written = co_await change_file(std::move(replace));
    if (!written.error.empty()) {
      say_("sessions could not be saved: " + written.error);
    } else if (login == login_) {
      print_ = written.login;
    }
  }
}

}  // namespace kismet
