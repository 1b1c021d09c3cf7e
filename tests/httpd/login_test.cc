#include "httpd/login.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "httpd/auth_file.h"
#include "tests/support/temporary_folder.h"

using namespace kismet;
using kismet::testing::TemporaryFolder;

namespace {

constexpr HashCost kCheap{1, 8192};

Login plain(const std::string& name, const std::string& password) {
  return {Login::Source::config, name, password};
}

}  // namespace

TEST_CASE("a hashed and a plain password are right for the same readings") {
  const bool hashed = GENERATE(false, true);
  const Login login = plain("kismet", hashed ? hash_password("secret", kCheap) : "secret");
  CHECK(login.hashed() == hashed);
  CHECK(is_login(login, {"kismet", "secret"}));
  CHECK_FALSE(is_login(login, {"kismet", "Secret"}));
  CHECK_FALSE(is_login(login, {"kismet", "secre"}));
  CHECK_FALSE(is_login(login, {"kismet", "secret "}));
  CHECK_FALSE(is_login(login, {"kismeT", "secret"}));
  CHECK_FALSE(is_login(login, {"", ""}));
}

TEST_CASE("no reading is right while there is no login") {
  CHECK_FALSE(is_login({}, {"", ""}));
  CHECK_FALSE(is_login({}, {"kismet", "kismet"}));
  CHECK_FALSE(is_login(plain("kismet", ""), {"kismet", ""}));
}

TEST_CASE("the hash itself is no password") {
  const std::string hash = hash_password("secret", kCheap);
  CHECK_FALSE(is_login(plain("kismet", hash), {"kismet", hash}));
}

TEST_CASE("two hashes of one password differ, and a hash that is damaged is right for nothing") {
  const std::string hash = hash_password("secret", kCheap);
  CHECK(hash != hash_password("secret", kCheap));
  CHECK_FALSE(is_login(plain("k", hash.substr(0, hash.size() - 4)), {"k", "secret"}));
  CHECK_FALSE(is_login(plain("k", "$argon2id$"), {"k", "secret"}));
  CHECK_FALSE(is_login(plain("k", "$argon2" + std::string(10'000, 'x')), {"k", "secret"}));
}

TEST_CASE("a print knows its login again, and no other") {
  const bool hashed = GENERATE(false, true);
  const Login login = plain("kismet", hashed ? hash_password("secret", kCheap) : "secret");
  const std::string print = login_print(login, kCheap);
  CHECK(matches_print(login, print));
  CHECK_FALSE(matches_print(plain("other", login.secret), print));
  CHECK_FALSE(matches_print(plain("kismet", "other"), print));
  CHECK_FALSE(matches_print({}, print));
  CHECK_FALSE(matches_print(login, ""));
  CHECK(print.find("secret") == std::string::npos);
}

TEST_CASE("names and passwords that no client could send back are refused") {
  struct Row {
    std::string name;
    std::string password;
    bool good;
  };
  const std::vector<Row> rows = {
      {"kismet", "secret", true},
      {"k\xC3\xA9", "\xE2\x82\xAC uro", true},
      {"kismet", " spaces inside and around ", true},
      {"kismet", "a:b", true},
      {"", "secret", false},
      {"kismet", "", false},
      {"kis:met", "secret", false},
      {" kismet", "secret", false},
      {"kismet ", "secret", false},
      {"kismet", std::string("sec\0ret", 7), false},
      {"kismet", "sec\nret", false},
      {"kismet", "sec\x7Fret", false},
      {"kismet", "sec\xC2\x85ret", false},
      {"kis\rmet", "secret", false},
      {"kismet", "\xE9", false},
      {"kismet", std::string(1025, 'x'), false},
      {std::string(129, 'x'), "secret", false},
  };
  for (const Row& row : rows) {
    INFO(row.name << " / " << row.password);
    CHECK(refuse_login(row.name, row.password).empty() == row.good);
  }
}

TEST_CASE("an auth file is read in Kismet's syntax") {
  const TemporaryFolder folder;
  const AuthFile file = read_auth_file(folder.write(
      "auth", "# comment\n  \nHTTPD_Username = kismet\r\nother=1\nhttpd_password = a=b # c \nhttpd_password=second\n"));
  CHECK(file.error.empty());
  CHECK(file.login == Login{Login::Source::file, "kismet", "a=b # c"});
}

TEST_CASE("an auth file that is not there, or empty, holds no login; one with half a login is an error") {
  const TemporaryFolder folder;
  CHECK(read_auth_file(folder.file("none")).error.empty());
  CHECK_FALSE(read_auth_file(folder.file("none")).login.configured());
  CHECK(read_auth_file(folder.write("empty", "")).error.empty());
  CHECK_FALSE(read_auth_file(folder.write("half", "httpd_username=kismet\n")).error.empty());
  CHECK_FALSE(read_auth_file(folder.write("half", "httpd_password=secret\nhttpd_username=\n")).error.empty());
  CHECK_FALSE(read_auth_file(folder.path()).error.empty());
  CHECK_FALSE(read_auth_file(folder.write("half", "httpd_username=kismet\n")).login.configured());
}

TEST_CASE("a login that the command line sets is hashed, private, and read back") {
  const TemporaryFolder folder;
  const std::string path = folder.file("sub/auth");
  REQUIRE(set_login_in_file(path, "kismet", "secret", kCheap).empty());
  CHECK(folder.read("sub/auth").find("secret") == std::string::npos);
  struct stat about {};
  REQUIRE(::stat(path.c_str(), &about) == 0);
  CHECK((about.st_mode & 0777) == 0600);
  const AuthFile file = read_auth_file(path);
  CHECK(file.login.hashed());
  CHECK(is_login(file.login, {"kismet", "secret"}));
  CHECK_FALSE(set_login_in_file(path, "kismet", "", kCheap).empty());
  CHECK(is_login(read_auth_file(path).login, {"kismet", "secret"}));
}
