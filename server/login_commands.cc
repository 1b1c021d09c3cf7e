#include "server/login_commands.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <iomanip>
#include <ostream>
#include <vector>

#include "httpd/apikey_endpoints.h"
#include "httpd/auth_file.h"
#include "httpd/login.h"
#include "httpd/token_file.h"
#include "server/exit_code.h"
#include "server/password_prompt.h"

namespace kismet {
namespace {

constexpr const char* kDefaultUser = "kismet";

int refuse(std::ostream& err, const std::string& reason) {
  err << "kismet: " << reason << '\n';
  return static_cast<int>(ExitCode::configuration);
}

int done() {
  return static_cast<int>(ExitCode::ok);
}

std::int64_t now() {
  return static_cast<std::int64_t>(std::time(nullptr));
}

std::string shown_time(std::int64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm utc{};
  std::array<char, 64> text{};
  if (!gmtime_r(&time, &utc)) return std::to_string(seconds);
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &utc)};
}

int passwd(const CommandLine& line, const Config& config, const ConfigReport& report, std::ostream& out,
           std::ostream& err) {
  const IdentitySettings& identity = config.identity;
  const auto fixed = report.origins.find("httpd_username");
  if (!line.print_only && !identity.username.empty() && fixed != report.origins.end()) {
    return refuse(err, "the login is fixed in " + to_string(fixed->second.front()) + ", which goes before " +
                           identity.auth_file + "; passwd --print makes lines to put there");
  }
  std::string name = line.username;
  if (name.empty()) name = read_auth_file(identity.auth_file).login.name;
  if (name.empty()) name = kDefaultUser;
  const TypedPassword typed = line.from_stdin ? read_password_line() : ask_password(name);
  if (!typed.error.empty()) return refuse(err, typed.error);
  const HashCost cost{identity.hash_operations, identity.hash_memory};
  if (line.print_only) {
    if (std::string wrong = refuse_login(name, typed.password); !wrong.empty()) return refuse(err, wrong);
    const std::string hash = hash_password(typed.password, cost);
    if (hash.empty()) return refuse(err, "not enough memory to hash the password");
    out << "httpd_username=" << name << "\nhttpd_password=" << hash << '\n';
    return done();
  }
  if (std::string wrong = set_login_in_file(identity.auth_file, name, typed.password, cost); !wrong.empty()) {
    return refuse(err, wrong);
  }
  err << "The login " << name << " is set in " << identity.auth_file << "; a running daemon takes it up at once.\n";
  return done();
}

int add_token(const CommandLine& line, const IdentitySettings& identity, TokenFile& file, std::ostream& out,
              std::ostream& err) {
  if (std::string wrong = refuse_key_name(line.token_name); !wrong.empty()) return refuse(err, wrong);
  if (std::string wrong = refuse_key_role(line.token_role); !wrong.empty()) return refuse(err, wrong);
  const std::string text = make_token();
  Token token{TokenKind::api_key, line.token_name, line.token_role, now(), 0, {}};
  if (line.token_duration.count() > 0) token.expires = token.created + line.token_duration.count();
  if (identity.keep_readable) token.readable = text;
  const TokenFile::Outcome outcome = file.change([&](StoredTokens& stored) -> std::string {
    std::erase_if(stored.keys, [&](const auto& entry) { return entry.second.expired(token.created); });
    for (const auto& [digest, other] : stored.keys) {
      if (other.name == token.name) return "an API key of that name exists already";
    }
    if (stored.keys.size() >= identity.api_keys) return "there are too many API keys";
    stored.keys[digest_of(text)] = token;
    return {};
  });
  if (!outcome.error.empty()) return refuse(err, outcome.error);
  out << text << '\n';
  err << "This key is shown only now; a running daemon takes it up at once.\n";
  return done();
}

int list_tokens(TokenFile& file, std::ostream& out, std::ostream& err) {
  const TokenFile::Outcome outcome = file.load();
  if (!outcome.error.empty()) return refuse(err, outcome.error);
  std::vector<Token> keys;
  for (const auto& [digest, token] : outcome.tokens.keys) {
    if (!token.expired(now())) keys.push_back(token);
  }
  std::sort(keys.begin(), keys.end(), [](const Token& a, const Token& b) { return a.name < b.name; });
  for (const Token& key : keys) {
    out << std::left << std::setw(24) << key.name << ' ' << std::setw(12) << key.role << ' '
        << (key.expires == 0 ? "for ever" : "until " + shown_time(key.expires)) << '\n';
  }
  if (keys.empty()) err << "There are no API keys.\n";
  return done();
}

int revoke_token(const CommandLine& line, TokenFile& file, std::ostream& err) {
  const TokenFile::Outcome outcome = file.change([&](StoredTokens& stored) -> std::string {
    const auto named = [&](const auto& entry) { return entry.second.name == line.token_name; };
    return std::erase_if(stored.keys, named) > 0 ? "" : "there is no API key of that name";
  });
  if (!outcome.error.empty()) return refuse(err, outcome.error);
  err << "The key is revoked; a running daemon refuses it at once.\n";
  return done();
}

}  // namespace

int login_command(const CommandLine& line, const Config& config, const ConfigReport& report, std::ostream& out,
                  std::ostream& err) {
  using Action = CommandLine::Action;
  if (line.action == Action::passwd) return passwd(line, config, report, out, err);
  if (config.identity.session_db.empty()) return refuse(err, "httpd_session_db=none: API keys are not kept");
  TokenFile file(config.identity.session_db, config.identity.keep_readable);
  if (line.action == Action::token_add) return add_token(line, config.identity, file, out, err);
  if (line.action == Action::token_revoke) return revoke_token(line, file, err);
  return list_tokens(file, out, err);
}

}  // namespace kismet
