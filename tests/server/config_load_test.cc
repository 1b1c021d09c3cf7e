#include <catch2/catch.hpp>

#include "server/config.h"
#include "server/config_schema.h"
#include "tests/server/config_files.h"

using namespace kismet;
using namespace std::chrono_literals;

namespace {

using Texts = std::vector<std::string>;
using Catch::Matchers::Contains;

/// A configuration that is read from the files of a folder.
struct Loaded {
  explicit Loaded(const ConfigFolder& folder) {
    sources.conf_dir = folder.path();
    sources.data_dir = "/usr/share/";
    sources.home_dir = "/home/ada";
    sources.bin_dir = "/usr/bin";
  }
  explicit Loaded(const ConfigFolder& folder, std::string_view text) : Loaded(folder) {
    folder.write("kismet.conf", text);
    load();
  }
  void load() { report = load_config(sources, config); }
  Texts problems(ConfigProblem::Level level) const {
    Texts out;
    for (const ConfigProblem& problem : report.problems) {
      const std::string file = problem.place.file.substr(problem.place.file.rfind('/') + 1);
      const std::string line = problem.place.line == 0 ? "" : ":" + std::to_string(problem.place.line);
      if (problem.level == level) out.push_back(file + line + ": " + problem.text);
    }
    return out;
  }
  Texts errors() const { return problems(ConfigProblem::Level::error); }
  Texts warnings() const { return problems(ConfigProblem::Level::warning); }

  ConfigSources sources;
  Config config;
  ConfigReport report;
};

}  // namespace

TEST_CASE("an empty file leaves the defaults, with paths in their place") {
  ConfigFolder folder;
  const Loaded loaded(folder, "");
  CHECK(loaded.report.problems.empty());
  CHECK(loaded.config.httpd.bind_address == "127.0.0.1");
  CHECK(loaded.config.httpd.port == 2501);
  CHECK(loaded.config.httpd.home == "/usr/share/kismet/httpd/");
  CHECK(loaded.config.identity.session_db == "/home/ada/.kismet/session.db");
  CHECK(loaded.config.identity.auth_file == "/home/ada/.kismet/kismet_httpd.conf");
  CHECK_FALSE(loaded.config.identity.keep_readable);
  CHECK(loaded.config.helpers.binary_path == Texts{"/usr/bin"});
  CHECK(loaded.config.helpers.definitions.empty());
  CHECK(loaded.config.logging.path_template == "%p/%n-%D-%t-%i.%l");
  CHECK_FALSE(loaded.config.system.server_name.empty());
}

TEST_CASE("values of each kind arrive in their places") {
  ConfigFolder folder;
  const Loaded loaded(folder,
                      "httpd_bind_address=::1\n"
                      "HTTPD_PORT=8080\n"
                      "httpd_uri_prefix=kismet/\n"
                      "httpd_username=ada\n"
                      "httpd_password=a # b\n"
                      "httpd_session_db=none\n"
                      "httpd_session_timeout=1h\n"
                      "httpd_allow_auth_view=true\n"
                      "httpd_mime=.md:text/markdown\n"
                      "httpd_mime=wasm:application/wasm\n"
                      "httpd_allowed_origin=https://a.example\n"
                      "httpd_allow_cors=true\n"
                      "httpd_body_limit=1M\n"
                      "helper_binary_path=%h/bin\n"
                      "helper_binary_path=%B\n"
                      "helper_ping_timeout=20s\n"
                      "log_types=kismet\n"
                      "log_prefix=%h/logs\n"
                      "servername=north\n"
                      "ulimit_mbytes=512\n");
  CHECK(loaded.report.problems.empty());
  const Config& config = loaded.config;
  CHECK(config.httpd.bind_address == "::1");
  CHECK(config.httpd.port == 8080);
  CHECK(config.httpd.settings.uri_prefix == "/kismet");
  CHECK(config.identity.username == "ada");
  CHECK(config.identity.password == "a # b");
  CHECK(config.identity.session_db.empty());
  CHECK(config.identity.session_timeout == 3600s);
  CHECK(config.identity.keep_readable);
  CHECK(config.httpd.mime_types ==
        std::vector<std::pair<std::string, std::string>>{{"md", "text/markdown"}, {"wasm", "application/wasm"}});
  CHECK(config.httpd.settings.allowed_origins == Texts{"https://a.example"});
  CHECK(config.httpd.settings.body_limit == 1024 * 1024);
  CHECK(config.helpers.binary_path == Texts{"/home/ada/bin", "/usr/bin"});
  CHECK(config.helpers.settings.session.ping_timeout == 20s);
  CHECK(config.logging.prefix == "/home/ada/logs");
  CHECK(config.system.server_name == "north");
  CHECK(config.system.memory_limit == 512u * 1024 * 1024);
}

TEST_CASE("a helper gets the search path, and every helper KISMET_ETC") {
  ConfigFolder folder;
  const Loaded loaded(folder, "helper=kismet_demo:name=demo\nhelper_binary_path=/opt/bin\nhelper=%B/other\n");
  CHECK(loaded.report.problems.empty());
  REQUIRE(loaded.config.helpers.definitions.size() == 2);
  CHECK(loaded.config.helpers.definitions[0].search_path == Texts{"/opt/bin"});
  CHECK(loaded.config.helpers.definitions[1].program == "/usr/bin/other");
  CHECK(loaded.config.helpers.definitions[1].name == "other");
  CHECK(loaded.config.helpers.settings.env == std::vector<std::pair<std::string, std::string>>{
                                                  {"KISMET_ETC", folder.path().substr(0, folder.path().size() - 1)}});
}

TEST_CASE("two helpers of one name are refused, with the place of the other") {
  ConfigFolder folder;
  const Loaded loaded(folder, "helper=a:name=x\nhelper=b:name=x\nhelper=a:wire=v9,color=red\n");
  REQUIRE(loaded.errors().size() == 3);
  CHECK_THAT(loaded.errors()[0],
             Contains("kismet.conf:2: helper: the name \"x\" is taken by") && Contains("kismet.conf:1"));
  CHECK_THAT(loaded.errors()[1], Contains("kismet.conf:3: helper: wire: \"v9\""));
  CHECK_THAT(loaded.errors()[2], Contains("kismet.conf:3: helper: unknown \"color\""));
}

TEST_CASE("every wrong value of a file is reported in one run") {
  ConfigFolder folder;
  const Loaded loaded(folder,
                      "httpd_port=http\n"
                      "httpd_bind_address=localhost\n"
                      "allowplugins=perhaps\n"
                      "server_name=\xff\n"
                      "httpd_home=\n"
                      "httpd_port=80\n");
  CHECK(loaded.report.has_errors());
  CHECK(loaded.errors() == Texts{
                               "kismet.conf:1: httpd_port: \"http\" is not a number from 0 to 65535",
                               "kismet.conf:2: httpd_bind_address: \"localhost\" is not an IPv4 or IPv6 address",
                               "kismet.conf:3: allowplugins: \"perhaps\" is not true or false",
                               "kismet.conf:4: server_name: the value is not UTF-8",
                               "kismet.conf:5: httpd_home has no value",
                           });
}

TEST_CASE("of two values for one setting the first stands, and that is said") {
  ConfigFolder folder;
  const Loaded loaded(folder, "httpd_port=1\nhttpd_port=2\nhttpd_port=1\nlog_title=a\nlog_title+=b\n");
  CHECK(loaded.config.httpd.port == 1);
  CHECK(loaded.config.logging.title == "a");
  REQUIRE(loaded.warnings().size() == 2);
  CHECK_THAT(loaded.warnings()[0], Contains("kismet.conf:2: httpd_port has one value, and that of "));
  CHECK_THAT(loaded.warnings()[1], Contains("kismet.conf:5: log_title has one value"));
}

TEST_CASE("name and password of the login go together") {
  ConfigFolder folder;
  CHECK(Loaded(folder, "httpd_username=ada\n").errors() ==
        Texts{"kismet.conf:1: httpd_username needs httpd_password beside it"});
  CHECK(Loaded(folder, "\nhttpd_password=x\n").errors() ==
        Texts{"kismet.conf:2: httpd_password needs httpd_username beside it"});
}

TEST_CASE("settings that cannot be had together are refused") {
  ConfigFolder folder;
  CHECK(Loaded(folder, "ulimit_mbytes=64\n").errors() ==
        Texts{"kismet.conf:1: ulimit_mbytes leaves no room for httpd_hash_memory: nobody could log in"});
  CHECK(Loaded(folder, "ulimit_mbytes=64\nhttpd_hash_memory=8M\n").errors().empty());
  CHECK(Loaded(folder, "helper=a\nhelper=b:group_memory=1M\n").errors() ==
        Texts{"kismet.conf:2: helper: group_memory and group_processes of b need helper_cgroup"});
  CHECK(Loaded(folder, "helper=b:group_memory=1M\nhelper_cgroup=/sys/fs/cgroup/x\n").errors().empty());
  CHECK(Loaded(folder, "httpd_allow_cors=true\n").warnings().size() == 1);
}

TEST_CASE("TLS needs a certificate and its key, which are tried") {
  ConfigFolder folder;
  CHECK(Loaded(folder, "httpd_ssl=false\n").report.problems.empty());
  CHECK(Loaded(folder, "httpd_ssl=true\n").errors() ==
        Texts{"kismet.conf:1: httpd_ssl needs httpd_ssl_cert beside it"});
  const Texts errors = Loaded(folder, "httpd_ssl=true\nhttpd_ssl_cert=/none/cert\n").errors();
  REQUIRE(errors.size() == 1);
  CHECK_THAT(errors[0], Contains("kismet.conf:2: httpd_ssl_cert cannot be used: /none/cert: No such file"));
}

TEST_CASE("a slip of the pen is named with its neighbour, and is an error only when asked for") {
  ConfigFolder folder;
  Loaded loaded(folder, "htpd_port=1\nHelper_binary_paht=/x\n");
  CHECK_FALSE(loaded.report.has_errors());
  CHECK(loaded.warnings() == Texts{"kismet.conf:1: unknown key htpd_port; did you mean httpd_port?",
                                   "kismet.conf:2: unknown key helper_binary_paht; did you mean helper_binary_path?"});
  loaded.sources.strict = true;
  loaded.config = {};
  loaded.load();
  CHECK(loaded.errors().size() == 2);
}

TEST_CASE("Kismet's keys about capture are taken with a note, others in one warning") {
  ConfigFolder folder;
  const Loaded loaded(folder,
                      "source=wlan0:name=x\n"
                      "gps=gpsd:host=localhost\n"
                      "dot11_something=1\n"
                      "kis_log_packets=true\n"
                      "zebra_stripes=1\n"
                      "yak_hair=2\n");
  CHECK(loaded.errors().empty());
  REQUIRE(loaded.warnings().size() == 1);
  CHECK_THAT(loaded.warnings()[0], Contains("ignored as unknown: yak_hair (") && Contains("zebra_stripes ("));
  CHECK(loaded.problems(ConfigProblem::Level::note).size() == 6);
}

TEST_CASE("a key of Kismet's that has no effect here says so with its place") {
  ConfigFolder folder;
  const Loaded loaded(folder, "\nhttpd_jwt_key=secretsecret\n");
  REQUIRE(loaded.warnings().size() == 1);
  CHECK_THAT(loaded.warnings()[0], Contains("kismet.conf:2: httpd_jwt_key has no effect here: "));
}

TEST_CASE("kismet_site.conf and --override go over the file, and the command line over all") {
  ConfigFolder folder;
  folder.write("kismet_site.conf", "httpd_port=2\nhelper+=b\n");
  folder.write("kismet_lab.conf", "httpd_port=3\nlog_title=lab\n");
  Loaded loaded(folder, "httpd_port=1\nlog_title=main\nlog_prefix=/main\nhelper=a\nopt_override=%E/kismet_site.conf\n");
  CHECK(loaded.config.httpd.port == 2);
  CHECK(loaded.config.helpers.definitions.size() == 2);

  loaded.sources.overrides = {"lab"};
  loaded.sources.assignments = {{"--log-prefix", "log_prefix", {"/line"}}, {"--set", "helper", {"c", "d"}}};
  loaded.config = {};
  loaded.load();
  CHECK(loaded.report.problems.empty());
  CHECK(loaded.config.httpd.port == 3);
  CHECK(loaded.config.logging.title == "lab");
  CHECK(loaded.config.logging.prefix == "/line");
  CHECK(loaded.config.helpers.definitions.size() == 2);
  CHECK(loaded.config.helpers.definitions[0].name == "c");
  CHECK(to_string(loaded.report.origins["log_prefix"].front()) == "--log-prefix");
}

TEST_CASE("an override that is not there, or an unknown key of the command line, is an error") {
  ConfigFolder folder;
  Loaded loaded(folder, "");
  loaded.sources.overrides = {"none"};
  loaded.sources.assignments = {{"--set", "zebra_stripes", {"1"}}};
  loaded.config = {};
  loaded.load();
  REQUIRE(loaded.errors().size() == 2);
  CHECK_THAT(loaded.errors()[0], Contains("--override none: cannot read") && Contains("kismet_none.conf"));
  CHECK(loaded.errors()[1] == "--set: unknown key zebra_stripes");
}

TEST_CASE("log types are split at commas, and those of others are left out aloud") {
  ConfigFolder folder;
  const Loaded loaded(folder, "log_types= kismet , pcapng\n");
  CHECK(loaded.config.logging.types == Texts{"kismet"});
  CHECK(loaded.warnings() == Texts{"kismet.conf:1: log_types: \"pcapng\" is not written here; kismet is"});
}

TEST_CASE("the schema names each key once, and each default can be read") {
  ConfigFolder folder;
  std::string text;
  for (const Setting& setting : all_settings()) {
    CAPTURE(setting.key);
    CHECK(find_setting(setting.key) == &setting);
    CHECK_FALSE(setting.help.empty());
    CHECK_FALSE(setting.section.empty());
    for (const std::string& value : setting.defaults) text += setting.key + "=" + value + "\n";
  }
  const Loaded loaded(folder, text);
  const Config untouched = default_config(loaded.sources);
  CHECK(loaded.errors().empty());
  for (const Setting& setting : all_settings()) {
    CAPTURE(setting.key);
    CHECK(setting.show(loaded.config) == setting.show(untouched));
  }
}

TEST_CASE("servername is another name for server_name, wherever it is written") {
  ConfigFolder folder;
  CHECK(Loaded(folder, "servername=north\n").config.system.server_name == "north");
  CHECK(Loaded(folder, "servername=north\nserver_name=south\n").config.system.server_name == "north");
  for (const auto& [in_file, set] : {std::pair{"servername", "server_name"}, std::pair{"server_name", "servername"}}) {
    folder.write("kismet.conf", std::string(in_file) + "=north\n");
    ConfigSources sources;
    sources.conf_dir = folder.path();
    sources.assignments = {{"--set", set, {"west"}}};
    Config config;
    CHECK(load_config(sources, config).problems.empty());
    CHECK(config.system.server_name == "west");
  }
}

TEST_CASE("a key to sign sessions with is told to be without effect, and refused where sessions are to be forgotten") {
  ConfigFolder folder;
  const Loaded kept(folder, "httpd_jwt_key=0123456789\n");
  REQUIRE(kept.warnings().size() == 1);
  CHECK_THAT(kept.warnings()[0],
             Contains("kismet.conf:1: httpd_jwt_key has no effect here: sessions are random tokens"));
  const Loaded lost(folder, "httpd_session_db=none\nhttpd_jwt_key=0123456789\n");
  REQUIRE(lost.errors().size() == 1);
  CHECK_THAT(lost.errors()[0], Contains("kismet.conf:2: httpd_jwt_key is to keep sessions over a restart"));
}

TEST_CASE("a trusted proxy that is no address is refused, not left out") {
  ConfigFolder folder;
  const Texts errors = Loaded(folder,
                              "httpd_trusted_proxy=10.0.0.0/8\nhttpd_trusted_proxy=unix\n"
                              "httpd_trusted_proxy=nginx.example\n")
                           .errors();
  REQUIRE(errors.size() == 1);
  CHECK_THAT(errors[0], Contains("kismet.conf:3: httpd_trusted_proxy: \"nginx.example\" is not an address"));
}
