#include <catch2/catch.hpp>
#include <random>

#include "server/check.h"
#include "server/config.h"
#include "server/config_schema.h"
#include "tests/server/config_files.h"

using namespace kismet;

namespace {

ConfigReport load(const ConfigFolder& folder, Config& config) {
  ConfigSources sources;
  sources.conf_dir = sources.home_dir = sources.data_dir = sources.bin_dir = folder.path();
  return load_config(sources, config);
}

}  // namespace

TEST_CASE("a configuration written for Kismet is read as it is") {
  ConfigFolder folder;
  folder.write("kismet_httpd.conf",
               "httpd_port=2501\n"
               "httpd_home=%S/kismet/httpd/\n"
               "httpd_user_home=%h/.kismet/httpd/\n"
               "httpd_session_db=%h/.kismet/session.db\n"
               "httpd_auth_file=%h/.kismet/kismet_httpd.conf\n"
               "httpd_session_timeout=7200\n"
               "httpd_mime=html:text/html\n"
               "httpd_mime=svg:image/svg+xml\n"
               "httpd_allow_auth_creation=true\n"
               "httpd_allow_cors=false\n");
  folder.write("kismet_logging.conf",
               "enable_logging=true\n"
               "log_types=kismet\n"
               "log_title=Kismet\n"
               "log_prefix=./\n"
               "log_template=%p/%n-%D-%t-%i.%l\n"
               "kis_log_messages=true\n"
               "kis_log_message_timeout=0\n"
               "kis_log_alerts=true\n"
               "kis_log_system_status=true\n"
               "kis_log_system_status_rate=30\n"
               "kis_log_packets=true\n"
               "kis_log_devices=true\n"
               "kis_log_devices_rate=30\n");
  folder.write("kismet.conf",
               "opt_include=%E/kismet_package.conf\n"
               "include=%E/kismet_httpd.conf\n"
               "include=%E/kismet_logging.conf\n"
               "opt_override=%E/kismet_site.conf\n"
               "helper_binary_path=%B\n"
               "allowplugins=false\n"
               "configdir=%h/.kismet/\n"
               "remote_capture_enabled=false\n"
               "remote_capture_listen=127.0.0.1\n"
               "remote_capture_port=3501\n"
               "server_name=Kismet\n"
               "# source=wlan0:name=one\n"
               "source=wlan0:name=one\n"
               "gps=gpsd:host=localhost,port=2947\n"
               "channel_hop=true\n"
               "channel_hop_speed=5/sec\n"
               "dot11_view_accesspoints=true\n"
               "alert=ADVCRYPTCHANGE,5/min,1/sec\n");
  Config config;
  const ConfigReport report = load(folder, config);
  for (const ConfigProblem& problem : report.problems) {
    INFO(to_string(problem));
    CHECK(problem.level == ConfigProblem::Level::note);
  }
  CHECK(report.problems.size() == 9);
}

TEST_CASE("random values of all keys are taken or refused without harm, and each refusal names its line") {
  ConfigFolder folder;
  std::mt19937 random(5);
  const std::string alphabet = "0123456789-+.,:;=%\"'\\/ abkMGhsmd\xc3\xa9\xff";
  for (int round = 0; round < 60; ++round) {
    std::string text;
    for (const Setting& setting : all_settings()) {
      if (random() % 4 == 0) continue;
      text += setting.key + (random() % 9 == 0 ? "+=" : "=");
      if (!setting.defaults.empty() && random() % 2 == 0) text += setting.defaults.front();
      for (std::size_t i = random() % 12; i > 0; --i) text += alphabet[random() % alphabet.size()];
      text += '\n';
    }
    folder.write("kismet.conf", text);
    Config config;
    const ConfigReport report = load(folder, config);
    for (const ConfigProblem& problem : report.problems) {
      INFO(to_string(problem));
      REQUIRE((problem.place.line != 0 || problem.level != ConfigProblem::Level::error));
      REQUIRE(to_string(problem).find('\n') == std::string::npos);
    }
    REQUIRE(check_config(config, report).good == !report.has_errors());
  }
}
