#include "httpd/apikey_endpoints.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/run_on.h"
#include "base/utf8.h"
#include "httpd/handler.h"
#include "httpd/request.h"
#include "httpd/response_writer.h"

namespace kismet {

namespace {

using Audit = std::function<void(const std::string&)>;
using Json = nlohmann::json;

constexpr std::int64_t kLongestDuration = 100LL * 366 * 24 * 3600;  // Seconds.

/// An answer: a status, a media type, a text.
struct Answer {
  unsigned status;
  std::string type;
  std::string text;
};

Answer text_answer(std::string text) {
  return {200, "text/plain; charset=utf-8", std::move(text)};
}

Answer error_answer(const std::string& reason) {
  return {500, "text/plain; charset=utf-8", "ERROR: " + reason + "\n"};
}

ResponseHead head_of(const Answer& answer) {
  return {answer.status, answer.type, {{"Cache-Control", "no-store"}}};
}

Task<void> send(ResponseWriter& out, Answer answer) {
  const ResponseHead head = head_of(answer);
  co_await out.send(head, answer.text);
}

/// A JSON body, even one that is called a form (as curl's -d does), or the form's `json`.
Json command_of(const Request& request) {
  std::string text;
  if (request.body.find_first_not_of(" \t\r\n") == request.body.find('{')) text = request.body;
  if (text.empty()) {
    for (auto& [name, value] : request.variables()) {
      if (name == "json") text = value;
    }
  }
  Json command = Json::parse(text, nullptr, false);
  return command.is_object() ? command : Json();
}

std::string text_of(const Json& command, const char* key) {
  const auto found = command.find(key);
  return found != command.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

/// Seconds, as a number or as digits; absent is 0, for ever.
std::optional<std::chrono::seconds> duration_of(const Json& command) {
  const auto found = command.find("duration");
  if (found == command.end() || found->is_null()) return std::chrono::seconds{0};
  double seconds = -1;
  if (found->is_number()) {
    seconds = found->get<double>();
  } else if (found->is_string()) {
    const auto& digits = found->get_ref<const std::string&>();
    const bool all_digits =
        !digits.empty() && digits.size() < 16 && digits.find_first_not_of("0123456789") == std::string::npos;
    if (all_digits) seconds = static_cast<double>(std::stoll(digits));
  }
  if (!(seconds >= 0 && seconds <= static_cast<double>(kLongestDuration))) return std::nullopt;
  return std::chrono::seconds{static_cast<std::int64_t>(std::ceil(seconds))};
}

class Generate final : public Handler {
 public:
  Generate(Loops& loops, TokenStore& tokens, const IdentitySettings& settings, Audit audit)
      : loops_(loops), tokens_(tokens), settings_(settings), audit_(std::move(audit)) {}

  Task<void> handle(const Request& request, ResponseWriter& out) override {
    const Json command = command_of(request);
    Wish wish{text_of(command, "name"), text_of(command, "role"), duration_of(command), by(request)};
    TokenStore::NewKey key = co_await run_on(loops_.first(), make(std::move(wish)));
    Answer answer = key.error.empty() ? text_answer(std::move(key.token)) : error_answer(key.error);
    co_await send(out, std::move(answer));
  }

 private:
  struct Wish {
    std::string name;
    std::string role;
    std::optional<std::chrono::seconds> duration;
    std::string by;
  };

  static std::string by(const Request& request) {
    return "\"" + request.principal.name + "\" from " + request.client_address;
  }

  std::string refuse(const Wish& wish) const {
    if (!settings_.allow_auth_creation) return "API keys are not made over the web here (httpd_allow_auth_creation)";
    if (std::string reason = refuse_key_name(wish.name); !reason.empty()) return reason;
    if (std::string reason = refuse_key_role(wish.role); !reason.empty()) return reason;
    return wish.duration ? "" : "\"duration\" must be a number of seconds; 0 is for ever";
  }

  Task<TokenStore::NewKey> make(Wish wish) {
    TokenStore::NewKey key{{}, refuse(wish)};
    if (key.error.empty()) key = co_await tokens_.add_key(wish.name, wish.role, *wish.duration);
    audit_(key.error.empty() ? "API key \"" + wish.name + "\" (role " + wish.role + ") made by " + wish.by
                             : "an API key for " + wish.by + " refused: " + key.error);
    co_return key;
  }

  Loops& loops_;
  TokenStore& tokens_;
  const IdentitySettings& settings_;
  const Audit audit_;
};

class Revoke final : public Handler {
 public:
  Revoke(Loops& loops, TokenStore& tokens, Audit audit) : loops_(loops), tokens_(tokens), audit_(std::move(audit)) {}

  Task<void> handle(const Request& request, ResponseWriter& out) override {
    std::string name = text_of(command_of(request), "name");
    std::string by = "\"" + request.principal.name + "\" from " + request.client_address;
    std::string error = co_await run_on(loops_.first(), revoke(std::move(name), std::move(by)));
    Answer answer = error.empty() ? text_answer("revoked\n") : error_answer(error);
    co_await send(out, std::move(answer));
  }

 private:
  Task<std::string> revoke(std::string name, std::string by) {
    std::string error = refuse_key_name(name);
    if (error.empty()) error = co_await tokens_.revoke_key(name);
    audit_(error.empty() ? "API key \"" + name + "\" revoked by " + by
                         : "revoking an API key for " + by + " refused: " + error);
    co_return error;
  }

  Loops& loops_;
  TokenStore& tokens_;
  const Audit audit_;
};

class List final : public Handler {
 public:
  List(Loops& loops, TokenStore& tokens, const IdentitySettings& settings)
      : loops_(loops), tokens_(tokens), settings_(settings) {}

  Task<void> handle(const Request& request, ResponseWriter& out) override {
    const std::string extension = request.captures.empty() ? "json" : request.captures.back();
    const std::vector<Token> keys = co_await run_on(loops_.first(), read());
    Answer answer{200, "application/json", {}};
    if (!serialise(keys, extension, answer.text))
      answer = {404, "text/plain; charset=utf-8", "There is no such list.\n"};
    co_await send(out, std::move(answer));
  }

 private:
  Task<std::vector<Token>> read() { co_return tokens_.keys(); }

  bool serialise(const std::vector<Token>& keys, std::string_view extension, std::string& text) const {
    const bool lines = extension == "itjson" || extension == "ekjson";
    const bool underscores = extension == "ekjson" || extension == "tjson";
    if (!lines && !underscores && extension != "json" && extension != "prettyjson" && extension != "jcmd" &&
        extension != "cmd") {
      return false;
    }
    const std::string prefix = underscores ? "kismet_httpd_auth_" : "kismet.httpd.auth.";
    Json list = Json::array();
    for (const Token& key : keys) {
      Json entry = {{prefix + "name", key.name}, {prefix + "role", key.role}, {prefix + "expiration", key.expires}};
      if (settings_.keep_readable && !key.readable.empty()) entry[prefix + "token"] = key.readable;
      if (lines) text += entry.dump() + "\n";
      list.push_back(std::move(entry));
    }
    if (!lines) text = list.dump(extension == "prettyjson" ? 1 : -1);
    return true;
  }

  Loops& loops_;
  TokenStore& tokens_;
  const IdentitySettings& settings_;
};

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace

std::string refuse_key_name(std::string_view name) {
  if (name.empty()) return "an API key needs a \"name\"";
  if (name.size() > 128) return "the name is too long (at most 128 bytes)";
  if (!is_valid_utf8(name) || has_control(name)) return "the name must be UTF-8 text without control characters";
  if (name == "web logon") return "\"web logon\" is the name of sessions";
  return {};
}

std::string refuse_key_role(std::string_view role) {
  if (role.empty()) return "an API key needs a \"role\"";
  if (role.size() > 64) return "the role is too long (at most 64 bytes)";
  const auto odd = [](char c) {
    return std::string_view("_-.").find(c) == std::string_view::npos && !std::isalnum(static_cast<unsigned char>(c));
  };
  if (std::any_of(role.begin(), role.end(), odd)) return "a role is made of letters, digits, '_', '-' and '.'";
  if (role == RouteRole::kNone || role == RouteRole::kAny) return "\"" + std::string(role) + "\" is no role of a key";
  return {};
}

std::vector<Route> apikey_routes(Loops& loops, TokenStore& tokens, const IdentitySettings& settings, Audit audit) {
  const std::string admin = "admin";
  return {
      {"POST",
       "/auth/apikey/generate.cmd",
       admin,
       {},
       true,
       std::make_shared<Generate>(loops, tokens, settings, audit)},
      {"POST", "/auth/apikey/revoke.cmd", admin, {}, true, std::make_shared<Revoke>(loops, tokens, audit)},
      {"GET", "/auth/apikey/list.*", admin, {}, false, std::make_shared<List>(loops, tokens, settings)},
  };
}

}  // namespace kismet
