#include "server/check.h"
#include "server/config.h"
#include "server/helper_line.h"
#include "tests/server/config_files.h"

using namespace kismet;
using Texts = std::vector<std::string>;

namespace {

Texts errors_of_line(std::string_view line) {
  Texts errors;
  parse_helper_line(line, {"kismet.conf", 7}, errors);
  return errors;
}

/// What is said of a configuration, but for notes.
Texts said_of(const std::string& text) {
  const ConfigFolder files;
  files.write("kismet.conf", text);
  ConfigSources sources;
  sources.conf_dir = files.path();
  Config config;
  Texts all;
  for (const ConfigProblem& problem : load_config(sources, config).problems) {
    if (problem.level != ConfigProblem::Level::note) all.push_back(problem.text);
  }
  return all;
}

}  // namespace

TEST_CASE("a helper that connects by itself says over what and as whom") {
  Texts errors;
  const HelperDefinition helper =
      parse_helper_line("far:subsystem=Far Away,transport=tcp,client_certificate=sensor-7", {"kismet.conf", 7}, errors);
  CHECK(errors.empty());
  CHECK(helper.name == "far");
  CHECK(helper.transport == HelperTransport::tcp);
  CHECK(helper.subsystem == "Far Away");
  CHECK(helper.client_certificate == "sensor-7");
  CHECK(subsystem_of(helper) == "Far Away");
}

TEST_CASE("what means something for a program of the daemon's own is refused of a helper that connects") {
  for (const char* key : {"args=x", "memory=1M", "restart=never", "user=nobody", "must_speak=true"}) {
    CAPTURE(key);
    CHECK(errors_of_line("far:transport=remote," + std::string(key)).size() == 1);
  }
  CHECK(errors_of_line("far:transport=websocket,uri_role=any,ping_timeout=1s,wire=v3").empty());
  CHECK(errors_of_line("far:subsystem=x").size() == 1);
  CHECK(errors_of_line("far:client_certificate=x").size() == 1);
}

TEST_CASE("a helper over TCP needs the listener, and a certificate needs somebody who signs it") {
  CHECK(said_of("helper=far:transport=tcp\n") ==
        Texts{"helper: far is to connect over tcp, which needs remote_capture_enabled"});
  CHECK(said_of("remote_capture_enabled=true\nhelper=far:transport=tcp\n").empty());
  CHECK(said_of("remote_capture_enabled=true\nhelper=far:transport=tcp,client_certificate=x\n") ==
        Texts{"helper: client_certificate of far needs remote_capture_client_ca"});
  CHECK(said_of("remote_capture_enabled=true\nremote_capture_client_ca=/ca.pem\n") ==
        Texts{"remote_capture_client_ca needs remote_capture_ssl beside it"});
  CHECK(said_of("remote_capture_enabled=true\nremote_capture_ssl=true\n") ==
        Texts{"remote_capture_ssl needs remote_capture_ssl_cert or httpd_ssl_cert beside it"});
}

TEST_CASE("a check shows how a helper connects, and looks for no program") {
  const ConfigFolder files;
  files.write("kismet.conf", "remote_capture_enabled=true\nhelper=far:transport=tcp,subsystem=Far Away\n");
  ConfigSources sources;
  sources.conf_dir = files.path();
  Config config;
  const ConfigReport report = load_config(sources, config);
  const CheckResult result = check_config(config, report);
  CHECK_THAT(result.text, Catch::Matchers::Contains("connects by itself over tcp, as \"Far Away\""));
  CHECK_THAT(result.text, Catch::Matchers::Contains("kismet would start."));
}

TEST_CASE("two helpers do not have one subsystem") {
  const Texts said =
      said_of("remote_capture_enabled=true\nhelper=far:transport=tcp\nhelper=near:transport=remote,subsystem=far\n");
  REQUIRE(said.size() == 1);
  CHECK(said[0].find("the subsystem \"far\" is taken by ") != std::string::npos);
}

TEST_CASE("an address that others reach is warned of, unless certificates are asked for") {
  const Texts said = said_of("remote_capture_enabled=true\nremote_capture_listen=0.0.0.0\n");
  REQUIRE(said.size() == 1);
  CHECK(said[0].find("lets everybody who reaches it be a helper") != std::string::npos);
}
