#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "server/check.h"
#include "tests/server/config_files.h"

using namespace kismet;
using Catch::Matchers::Contains;

namespace {

CheckResult check(const ConfigFolder& folder, std::string_view text, bool strict = false) {
  folder.write("kismet.conf", text);
  ConfigSources sources;
  sources.conf_dir = sources.bin_dir = sources.home_dir = sources.data_dir = folder.path();
  sources.strict = strict;
  Config config;
  const ConfigReport report = load_config(sources, config);
  return check_config(config, report);
}

}  // namespace

TEST_CASE("a check shows what would run and where each setting comes from") {
  ConfigFolder folder;
  const std::string program = folder.write("demo", "#!/bin/sh\n");
  REQUIRE(chmod(program.c_str(), 0755) == 0);
  const CheckResult result = check(folder,
                                   "httpd_port=8080\n"
                                   "httpd_username=ada\n"
                                   "httpd_password=hunter2\n"
                                   "httpd_idle_timeout=75000\n"
                                   "log_prefix=" +
                                       folder.path("logs") +
                                       "\n"
                                       "helper=demo:args=\"--title 'Hello World'\"\n");
  CAPTURE(result.text);
  CHECK(result.good);
  CHECK_THAT(result.text, Contains(folder.path("kismet.conf") + "\n"));
  CHECK_THAT(result.text, Contains("httpd_port") && Contains("8080  (" + folder.path("kismet.conf") + ":1)"));
  CHECK_THAT(result.text, Contains("********") && !Contains("hunter2"));
  CHECK_THAT(result.text, !Contains("httpd_idle_timeout"));
  CHECK_THAT(result.text, Contains("http://127.0.0.1:8080/"));
  CHECK_THAT(result.text, Contains(program + " --title \"Hello World\"  (" + folder.path("kismet.conf") + ":6)"));
  CHECK_THAT(result.text, Contains(folder.path("logs") + "/"));
  CHECK_THAT(result.text, Contains("kismet would start."));
}

TEST_CASE("a helper that is not there is shown with every path tried, and fails a strict check alone") {
  ConfigFolder folder;
  const char* text = "helper=nowhere\nhelper_binary_path=/nonexistent/a\nhelper_binary_path=/nonexistent/b\n";
  const CheckResult result = check(folder, text);
  CHECK(result.good);
  CHECK_THAT(result.text,
             Contains("CANNOT RUN") && Contains("/nonexistent/a/nowhere") && Contains("/nonexistent/b/nowhere"));
  CHECK_THAT(result.text, Contains("kismet would start; 1 of its helpers cannot run."));
  CHECK_FALSE(check(folder, text, true).good);
}

TEST_CASE("a helper whose user is not there is shown as one that cannot run") {
  ConfigFolder folder;
  const std::string program = folder.write("demo", "#!/bin/sh\n");
  REQUIRE(chmod(program.c_str(), 0755) == 0);
  const CheckResult result = check(folder, "helper=demo:user=no-such-user-here\n");
  CAPTURE(result.text);
  CHECK_THAT(result.text, Contains("CANNOT RUN") && Contains("no-such-user-here"));
}

TEST_CASE("a check of a configuration with errors says no") {
  ConfigFolder folder;
  const CheckResult result = check(folder, "httpd_port=x\n");
  CHECK_FALSE(result.good);
  CHECK_THAT(result.text,
             Contains(":1: error: httpd_port: \"x\" is not a number") && Contains("kismet would not start."));
}

TEST_CASE("a check lists the notes that a start keeps quiet about") {
  ConfigFolder folder;
  CHECK_THAT(check(folder, "source=wlan0\n").text, Contains("note: source is about packet capture"));
}

TEST_CASE("a check shows a helper whose line has an error as one that cannot run") {
  ConfigFolder folder;
  const std::string program = folder.write("demo", "#!/bin/sh\n");
  REQUIRE(chmod(program.c_str(), 0755) == 0);
  const CheckResult result = check(folder, "helper=demo:color=red\nhelper=demo:name=good\n");
  CAPTURE(result.text);
  CHECK_FALSE(result.good);
  CHECK_THAT(result.text, Contains("CANNOT RUN: its line has an error  (" + folder.path("kismet.conf") + ":1)"));
  CHECK_THAT(result.text, Contains(program + "  (" + folder.path("kismet.conf") + ":2)"));
  CHECK_THAT(result.text, Contains("1 of its helpers cannot run."));
}

TEST_CASE("a check says of an unknown key once that it is unknown") {
  ConfigFolder folder;
  const std::string text = check(folder, "zzz_zzz=1\n").text;
  CAPTURE(text);
  const std::size_t first = text.find("zzz_zzz");
  REQUIRE(first != std::string::npos);
  CHECK(text.find("zzz_zzz", first + 1) == std::string::npos);
}

TEST_CASE("a check shows all places where the server would listen") {
  ConfigFolder folder;
  const CheckResult result =
      check(folder, "httpd_listen=127.0.0.1:80\nhttpd_listen+=[::1]:81\nhttpd_listen+=unix:%h/web,mode=0600\n");
  CAPTURE(result.text);
  CHECK(result.good);
  CHECK_THAT(result.text, Contains("http://127.0.0.1:80/\n") && Contains("http://[::1]:81/\n") &&
                              Contains("unix:" + folder.path("web") + " (http)\n"));
  CHECK_THAT(result.text, Contains(folder.path("web") + ",mode=0600  (" + folder.path("kismet.conf") + ":3)"));
}
