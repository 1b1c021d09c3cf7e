#include "server/config_schema_parts.h"
#include "server/helper_line.h"

namespace kismet::schema {
namespace {

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
      "allowplugins", [](auto& c) -> auto& { return c.helpers.allow_plugins; }, flag(),
      "Whether plugins are loaded from the plugin folders."));
  Section remote(out, "Remote helpers");
  remote(scalar(
      "remote_capture_enabled", [](auto& c) -> auto& { return c.remote.enabled; }, flag(),
      "Whether helpers may connect over TCP."));
  remote(scalar(
      "remote_capture_listen", [](auto& c) -> auto& { return c.remote.listen; }, ip_address(),
      "Address to listen on for them."));
  remote(scalar(
      "remote_capture_port", [](auto& c) -> auto& { return c.remote.port; }, number<std::uint16_t>(0, 65535),
      "Port to listen on for them."));
}

}  // namespace kismet::schema
