#include "httpd/token_file.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "tests/support/temporary_folder.h"

using namespace kismet;
using kismet::testing::TemporaryFolder;

namespace {

Token key(const std::string& name, std::int64_t expires = 0) {
  return {TokenKind::api_key, name, "readonly", 100, expires, {}};
}

TokenFile::Change add(const std::string& text, const Token& token) {
  return [=](StoredTokens& stored) {
    (token.kind == TokenKind::session ? stored.sessions : stored.keys)[digest_of(text)] = token;
    return std::string{};
  };
}

}  // namespace

TEST_CASE("what is written to a token file is read back, and no token is in it") {
  const TemporaryFolder folder;
  TokenFile file(folder.file("session.db"), false);
  const Token session{TokenKind::session, "kismet", "admin", 5, 7205, {}};
  Token readable = key("k", 99);
  readable.readable = "TOKEN-K";
  REQUIRE(file.change(add("TOKEN-S", session)).error.empty());
  REQUIRE(file.change(add("TOKEN-K", readable)).error.empty());
  const TokenFile::Outcome outcome = TokenFile(folder.file("session.db"), false).load();
  CHECK(outcome.error.empty());
  CHECK(outcome.tokens.sessions == TokenMap{{digest_of("TOKEN-S"), session}});
  CHECK(outcome.tokens.keys == TokenMap{{digest_of("TOKEN-K"), key("k", 99)}});
  CHECK(folder.read("session.db").find("TOKEN") == std::string::npos);
  struct stat about {};
  REQUIRE(::stat(folder.file("session.db").c_str(), &about) == 0);
  CHECK((about.st_mode & 0777) == 0600);
}

TEST_CASE("tokens of keys stay readable only where that is asked for") {
  const TemporaryFolder folder;
  TokenFile file(folder.file("session.db"), true);
  Token readable = key("k");
  readable.readable = "TOKEN-K";
  REQUIRE(file.change(add("TOKEN-K", readable)).error.empty());
  CHECK(file.load().tokens.keys.begin()->second.readable == "TOKEN-K");
  CHECK(TokenFile(folder.file("session.db"), false).load().tokens.keys.begin()->second.readable.empty());
}

TEST_CASE("a change that is refused is not written") {
  const TemporaryFolder folder;
  TokenFile file(folder.file("session.db"), false);
  REQUIRE(file.change(add("A", key("a"))).error.empty());
  const std::string before = folder.read("session.db");
  const auto refuse = [](StoredTokens& stored) {
    stored.keys.clear();
    return std::string("no");
  };
  CHECK(file.change(refuse).error == "no");
  CHECK(folder.read("session.db") == before);
}

TEST_CASE("of several changes those that are refused are told apart, and the others are written together") {
  const TemporaryFolder folder;
  TokenFile file(folder.file("session.db"), false);
  const TokenFile::Change refuse = [](StoredTokens&) { return std::string("no"); };
  const std::vector<TokenFile::Change> changes = {add("A", key("a")), refuse, add("B", key("b"))};
  std::vector<std::string> refusals;
  const TokenFile::Outcome outcome = file.change(changes, refusals);
  CHECK(outcome.error.empty());
  CHECK(refusals == std::vector<std::string>{"", "no", ""});
  CHECK(outcome.tokens.keys.size() == 2);
  CHECK(TokenFile(folder.file("session.db"), false).load().tokens.keys.size() == 2);
}

TEST_CASE("without a path, tokens are kept in memory") {
  TokenFile file("", false);
  REQUIRE(file.change(add("A", key("a"))).error.empty());
  CHECK(file.load().tokens.keys.size() == 1);
}

TEST_CASE("a session database of Kismet's own gives its keys, as digests, and no session") {
  const TemporaryFolder folder;
  const std::string path = folder.write("session.db", R"([
    {"token": "0123456789ABCDEF0123456789ABCDEF", "name": "mapper", "role": "readonly", "created": 1, "accessed": 2, "expires": 0},
    {"token": "eyJhbGciOiJIUzI1NiJ9.e30.x", "name": "web logon", "role": "admin", "created": 1, "expires": 4000000000},
    {"token": "", "name": "x", "role": "admin"}, {"name": "y", "role": "admin"}, {"token": 5, "name": [], "role": {}}, 7, null])");
  TokenFile file(path, false);
  const TokenFile::Outcome outcome = file.load();
  CHECK(outcome.error.empty());
  CHECK(outcome.tokens.sessions.empty());
  REQUIRE(outcome.tokens.keys.size() == 1);
  CHECK(outcome.tokens.keys.at(digest_of("0123456789ABCDEF0123456789ABCDEF")).name == "mapper");
  REQUIRE(file.change(add("B", key("b"))).error.empty());
  CHECK(folder.read("session.db").find("0123456789ABCDEF0123456789ABCDEF") == std::string::npos);
  CHECK(file.load().tokens.keys.size() == 2);
}

TEST_CASE("what is no session database is an error, is not overwritten, and can be set aside") {
  const TemporaryFolder folder;
  for (const std::string content : {"{", "{}", "\"x\"", "not json", "{\"format\":\"other\"}", "[[[[["}) {
    INFO(content);
    TokenFile file(folder.write("session.db", content), false);
    CHECK(file.load().unreadable);
    CHECK_FALSE(file.change(add("A", key("a"))).error.empty());
    CHECK(folder.read("session.db") == content);
    CHECK(file.set_aside() == folder.file("session.db.bad"));
    CHECK(file.load().error.empty());
  }
}

TEST_CASE("odd values in a session database are skipped, not believed") {
  const TemporaryFolder folder;
  const std::string hash = digest_of("A").hex();
  const std::string path = folder.write("session.db",
                                        R"({"format": "kismet-tokens-1", "login": 7, "sessions": "none", "keys": [
        {"hash": "00", "name": "short", "role": "admin"},
        {"hash": "zz)" + hash.substr(2) + R"(", "name": "no hex", "role": "admin"},
        {"hash": ")" + hash + R"(", "name": "", "role": "admin"},
        {"hash": ")" + hash + R"(", "name": "good", "role": "admin", "expires": -5},
        {"hash": ")" + digest_of("B").hex() +
                                            R"(", "name": "b", "role": "admin", "expires": 1e300}]})");
  const TokenFile::Outcome outcome = TokenFile(path, false).load();
  CHECK(outcome.error.empty());
  REQUIRE(outcome.tokens.keys.size() == 2);
  CHECK(outcome.tokens.keys.at(digest_of("A")).expired(0));
  CHECK_FALSE(outcome.tokens.keys.at(digest_of("B")).expired(1'700'000'000));
}

TEST_CASE("two that change one token file lose nothing of each other") {
  const TemporaryFolder folder;
  const auto add_many = [&](const std::string& prefix) {
    TokenFile file(folder.file("session.db"), false);
    for (int i = 0; i < 20; ++i) {
      const std::string name = prefix + std::to_string(i);
      file.change(add(name, key(name)));
    }
  };
  {
    const std::jthread other(add_many, "a");
    add_many("b");
  }
  CHECK(TokenFile(folder.file("session.db"), false).load().tokens.keys.size() == 40);
}
