#include <catch2/catch.hpp>
#include <sstream>

#include "httpd/auth_file.h"
#include "httpd/credentials.h"
#include "httpd/login.h"
#include "httpd/token_file.h"
#include "server/login_commands.h"
#include "tests/server/config_files.h"

using namespace kismet;
using Action = CommandLine::Action;
using Catch::Matchers::Contains;

namespace {

/// A home with a configuration, in which commands are given.
class Home {
 public:
  explicit Home(std::string_view text = "") {
    folder_.write("kismet.conf", std::string(text) + "httpd_hash_operations=1\nhttpd_hash_memory=1M\n");
    line.sources.conf_dir = line.sources.home_dir = folder_.path();
  }
  int run(Action action) {
    out.str("");
    err.str("");
    line.action = action;
    Config config;
    const ConfigReport report = load_config(line.sources, config);
    REQUIRE_FALSE(report.has_errors());
    identity = config.identity;
    return login_command(line, config, report, out, err);
  }
  /// What the command printed, without the line's end.
  std::string printed() const { return out.str().substr(0, out.str().find('\n')); }
  TokenMap keys() const { return TokenFile(identity.session_db, identity.keep_readable).load().tokens.keys; }

  CommandLine line;
  IdentitySettings identity;
  std::ostringstream out, err;

 private:
  ConfigFolder folder_;
};

/// Standard input holds `text` while this lives.
class StandardInput {
 public:
  explicit StandardInput(std::string_view text) : before_(dup(STDIN_FILENO)) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    REQUIRE(write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
  }
  ~StandardInput() {
    dup2(before_, STDIN_FILENO);
    close(before_);
  }
  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;

 private:
  int before_;
};

bool is_right(const Login& login, const std::string& name, const std::string& password) {
  LoginReading reading;
  reading.name = name;
  reading.password = password;
  return is_login(login, reading);
}

}  // namespace

TEST_CASE("passwd writes the login as a hash into the auth file, made with its folder") {
  Home home;
  home.line.from_stdin = true;
  const StandardInput input("correct horse\nnext line\n");
  CHECK(home.run(Action::passwd) == 0);
  const AuthFile file = read_auth_file(home.identity.auth_file);
  CHECK(file.error.empty());
  CHECK(file.login.hashed());
  CHECK(is_right(file.login, "kismet", "correct horse"));
  CHECK(home.out.str().empty());
  CHECK_THAT(home.err.str(), Contains("at once") && !Contains("correct horse"));
}

TEST_CASE("passwd keeps the name that is set unless another is given") {
  Home home;
  home.line.from_stdin = true;
  home.line.username = "ada";
  {
    const StandardInput input("one\r\n");
    CHECK(home.run(Action::passwd) == 0);
  }
  home.line.username.clear();
  const StandardInput input("two");
  CHECK(home.run(Action::passwd) == 0);
  CHECK(is_right(read_auth_file(home.identity.auth_file).login, "ada", "two"));
}

TEST_CASE("passwd refuses an empty password and a login that a configuration fixes") {
  Home home;
  home.line.from_stdin = true;
  {
    const StandardInput input("\n");
    CHECK(home.run(Action::passwd) == 1);
  }
  Home fixed("httpd_username=ada\nhttpd_password=x\n");
  fixed.line.from_stdin = true;
  const StandardInput input("two\n");
  CHECK(fixed.run(Action::passwd) == 1);
  CHECK_THAT(fixed.err.str(), Contains("the login is fixed in ") && Contains("kismet.conf:1"));
}

TEST_CASE("passwd --print makes lines that a configuration takes") {
  Home home;
  home.line.from_stdin = home.line.print_only = true;
  const StandardInput input("secret\n");
  CHECK(home.run(Action::passwd) == 0);
  CHECK_FALSE(read_auth_file(home.identity.auth_file).login.configured());

  Home fixed(home.out.str());
  fixed.line.from_stdin = true;
  const StandardInput none("");
  CHECK(fixed.run(Action::passwd) == 1);
  const Login login{Login::Source::config, fixed.identity.username, fixed.identity.password};
  CHECK(login.hashed());
  CHECK(is_right(login, "kismet", "secret"));
}

TEST_CASE("a key is printed alone, once, and its digest is what is kept") {
  Home home;
  home.line.token_name = "scanner";
  home.line.token_role = "datasource";
  home.line.token_duration = std::chrono::hours(1);
  REQUIRE(home.run(Action::token_add) == 0);
  const std::string text = home.printed();
  CHECK(text.size() == 32);
  CHECK(home.out.str() == text + "\n");
  const TokenMap keys = home.keys();
  REQUIRE(keys.contains(digest_of(text)));
  const Token& key = keys.at(digest_of(text));
  CHECK(key.name == "scanner");
  CHECK(key.role == "datasource");
  CHECK(key.expires == key.created + 3600);
  CHECK(key.readable.empty());

  CHECK(home.run(Action::token_list) == 0);
  CHECK_THAT(home.out.str(), Contains("scanner") && Contains("datasource") && Contains("until 20") && !Contains(text));
}

TEST_CASE("two keys of one name, a bad name, and a bad role are refused") {
  Home home;
  home.line.token_role = "readonly";
  CHECK(home.run(Action::token_add) == 1);
  home.line.token_name = "scanner";
  CHECK(home.run(Action::token_add) == 0);
  CHECK(home.run(Action::token_add) == 1);
  CHECK_THAT(home.err.str(), Contains("exists already"));
  home.line.token_name = "other";
  home.line.token_role = "a b";
  CHECK(home.run(Action::token_add) == 1);
  CHECK(home.keys().size() == 1);
}

TEST_CASE("a revoked key is gone, and one that was never there cannot be revoked") {
  Home home;
  home.line.token_name = "scanner";
  home.line.token_role = "readonly";
  CHECK(home.run(Action::token_revoke) == 1);
  CHECK(home.run(Action::token_add) == 0);
  CHECK(home.run(Action::token_revoke) == 0);
  CHECK(home.keys().empty());
  CHECK(home.run(Action::token_list) == 0);
  CHECK(home.out.str().empty());
}

TEST_CASE("keys need a file to be kept in") {
  Home home("httpd_session_db=none\n");
  CHECK(home.run(Action::token_list) == 1);
  CHECK_THAT(home.err.str(), Contains("httpd_session_db=none"));
}
