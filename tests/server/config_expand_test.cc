#include "server/config_expand.h"

#include <catch2/catch.hpp>
#include <set>

#include "server/nearest.h"

using namespace kismet;

namespace {

ExpandValues some_values() {
  ExpandValues values;
  values.home = "/home/ada";
  values.data = "/usr/share";
  values.etc = "/etc/kismet";
  values.bin = "/usr/bin";
  values.log_prefix = "/var/log/kismet";
  values.log_title = "Kismet";
  values.log_type = "kismet";
  values.start = WallTime{std::chrono::seconds{1'700'000'000}};  // 2023-11-14 22:13:20 UTC
  return values;
}

}  // namespace

TEST_CASE("each pair stands for its value") {
  struct Row {
    const char* text;
    const char* expected;
  };
  const Row rows[] = {
      {"%h/.kismet/", "/home/ada/.kismet/"},
      {"%S/kismet/httpd/", "/usr/share/kismet/httpd/"},
      {"%E/kismet_site.conf", "/etc/kismet/kismet_site.conf"},
      {"%B", "/usr/bin"},
      {"%p", "/var/log/kismet/"},
      {"%n.%l", "Kismet.kismet"},
      {"%d", "Nov-14-2023"},
      {"%D", "20231114"},
      {"%t", "22-13-20"},
      {"%T", "221320"},
      {"a%zb%%c%", "abc%"},
      {"%i%I", ""},
      {"plain", "plain"},
      {"", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(expand(row.text, some_values()) == row.expected);
  }
}

TEST_CASE("unknown pairs are named") {
  std::string unknown;
  expand("%h%q%S%z", some_values(), &unknown);
  CHECK(unknown == "qz");
}

TEST_CASE("the prefix gets one slash, and none if it is empty") {
  ExpandValues values = some_values();
  values.log_prefix = "logs/";
  CHECK(expand("%p%n", values) == "logs/Kismet");
  values.log_prefix = "";
  CHECK(expand("%p%n", values) == "Kismet");
}

TEST_CASE("a new log takes the first number that is free") {
  const std::set<std::string> taken{"log-1", "log-2", "log-000001"};
  const auto exists = [&taken](const std::string& path) { return taken.contains(path); };
  CHECK(expand_log_path("log-%i", some_values(), exists) == "log-3");
  CHECK(expand_log_path("log-%I", some_values(), exists) == "log-000002");
  CHECK(expand_log_path("log-%n", some_values(), exists) == "log-Kismet");
}

TEST_CASE("a log's path has no two slashes in a row") {
  const auto none = [](const std::string&) { return false; };
  CHECK(expand_log_path("%p/%n-%i.%l", some_values(), none) == "/var/log/kismet/Kismet-1.kismet");
  CHECK(expand_log_path("%p//%n", some_values(), none) == "/var/log/kismet/Kismet");
}

TEST_CASE("a new log without a free number is none") {
  const auto all_taken = [](const std::string&) { return true; };
  CHECK_FALSE(expand_log_path("log-%i", some_values(), all_taken));
}

TEST_CASE("the nearest known word is the one that was meant") {
  const std::vector<std::string> known{"httpd_port", "httpd_home", "log_types", "helper", "include"};
  struct Row {
    const char* word;
    const char* meant;
  };
  const Row rows[] = {
      {"htpd_port", "httpd_port"},   {"httpd_prot", "httpd_port"},
      {"HTTPD_HOME2", "httpd_home"}, {"log_type", "log_types"},
      {"helpers", "helper"},         {"gps", ""},
      {"dot11_probe_ssid", ""},      {"", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.word);
    CHECK(nearest(row.word, known) == row.meant);
  }
}

TEST_CASE("neighbours that changed places count as one edit") {
  CHECK(edit_distance("helper", "hepler") == 1);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("same", "same") == 0);
}
