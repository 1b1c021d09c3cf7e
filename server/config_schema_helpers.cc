#include "server/config_schema_parts.h"
#include "server/helper_line.h"

namespace kismet::schema {
namespace {

using namespace std::chrono_literals;

/// `helper=` lines: each defines one helper, and no two the same name.
Setting helper_setting() {
  Setting out;
  out.key = "helper";
  out.type = "PROGRAM[:key=value,...]";
  out.help =
      "A helper: its program, a file name that is looked up in helper_binary_path or an absolute path, and its "
      "options, "
      "in quotes where they hold commas.";
  out.repeated = true;
  out.example = "kismet_demo:name=demo,args=\"--title 'Hello World'\"";
  out.show = [](const Config& config) {
    std::vector<std::string> texts;
    for (const HelperDefinition& helper : config.helpers.definitions) texts.push_back(helper.name);
    return texts;
  };
  out.assign = [](Config& config, std::span<const ConfigEntry> entries, ValueContext& context,
                  std::vector<ConfigProblem>& problems) {
    for (const ConfigEntry& entry : entries) {
      std::vector<std::string> errors;
      HelperDefinition helper = parse_helper_line(entry.value, entry.place, errors, context.expand);
      for (const HelperDefinition& other : config.helpers.definitions) {
        if (other.name == helper.name && !helper.name.empty()) {
          errors.push_back("the name " + in_quotes(helper.name) + " is taken by " + other.defined_at);
        }
      }
      for (const std::string& error : errors) {
        problems.push_back({ConfigProblem::Level::error, entry.place, "helper: " + error});
      }
      config.helpers.definitions.push_back(std::move(helper));
    }
  };
  return out;
}

}  // namespace

void add_helpers(std::vector<Setting>& out) {
  Section add(out, "Helpers");
  add(helper_setting());
  add(list("helper_binary_path", [](auto& c) -> auto& { return c.helpers.binary_path; }, path_value(),
           "A folder in which helpers' programs are looked up; several are tried in order.", {"%B"}));
  add(scalar(
      "allowplugins", [](auto& c) -> auto& { return c.helpers.allow_plugins; },
      choice<bool>({{"true", true}, {"false", false}}),
      "Whether plugins are loaded: from plugins/ in configdir, and from plugin_path."));
  add(list("plugin_path", [](auto& c) -> auto& { return c.helpers.plugin_folders; }, path_value(),
           "A folder whose folders are plugins, each with a manifest.conf; the user's own go before them.",
           {"%S/kismet/plugins/"}));
  Section remote(out, "Remote helpers");
  remote(scalar(
      "remote_capture_enabled", [](auto& c) -> auto& { return c.remote.enabled; }, flag(),
      "Whether helpers may connect over TCP."));
  remote(scalar(
      "remote_capture_listen", [](auto& c) -> auto& { return c.remote.listen; }, ip_address(),
      "Address to listen on for them; those that it lets in are not asked for a login."));
  remote(scalar(
      "remote_capture_port", [](auto& c) -> auto& { return c.remote.port; }, number<std::uint16_t>(0, 65535),
      "Port to listen on for them; 0 is any free one, which the daemon prints."));
  remote(scalar(
      "remote_capture_ssl", [](auto& c) -> auto& { return c.remote.ssl; }, flag(), "Whether they have to speak TLS."));
  remote(scalar(
             "remote_capture_ssl_cert", [](auto& c) -> auto& { return c.remote.ssl_certificate; }, path_value(),
             "PEM file of the certificate that they are shown; httpd_ssl_cert if not given."))
      .example = "%E/remote.pem";
  remote(scalar(
             "remote_capture_ssl_key", [](auto& c) -> auto& { return c.remote.ssl_key; }, path_value(),
             "PEM file of its key; httpd_ssl_key if not given, or the certificate's own file."))
      .example = "%E/remote.key";
  remote(scalar(
             "remote_capture_client_ca", [](auto& c) -> auto& { return c.remote.client_ca; }, path_value(),
             "PEM file of what their certificates must be signed with; without it they are asked for none."))
      .example = "%E/helpers-ca.pem";
  const auto milliseconds = duration(TimeUnit::milliseconds, 1ms);
  remote(scalar(
      "remote_identify_timeout", [](auto& c) -> auto& { return c.remote.settings.identify_timeout; }, milliseconds,
      "For one that connects, over TCP or a websocket, to say who it is."));
  remote(scalar(
      "remote_unidentified_limit", [](auto& c) -> auto& { return c.remote.settings.unidentified; },
      number<std::size_t>(1, 10'000), "Connections that may not have said who they are; more are closed at once."));
  remote(scalar(
      "remote_hello_limit", [](auto& c) -> auto& { return c.remote.settings.hello_limit; },
      bytes<std::size_t>(1 * kKiB), "Size of the frame in which one says who it is."));
  remote(scalar(
      "remote_refusals_a_second", [](auto& c) -> auto& { return c.remote.settings.refusals_a_second; },
      number<std::size_t>(1, 10'000), "Refused connections of which each is told; more are counted."));
  remote(scalar(
      "remote_check_timeout", [](auto& c) -> auto& { return c.remote.settings.check_timeout; }, milliseconds,
      "For a helper to answer, when another connection asks for its name; then that one takes its place."));
  remote(scalar(
      "remote_linger", [](auto& c) -> auto& { return c.remote.settings.linger; }, milliseconds,
      "For one that is refused to read why."));
}

}  // namespace kismet::schema
