#include "server/ctl_options.h"

#include <CLI/CLI.hpp>

namespace kismet {

namespace {

constexpr const char* kFooter =
    "Exit codes: 0 done, 1 wrong usage, 2 the daemon does not run or is somebody else's, 3 the daemon said no or went "
    "away.";

}  // namespace

CLI::App* add_ctl(CLI::App& app, CtlRequest& request) {
  using Verb = CtlRequest::Verb;
  CLI::App* const ctl = app.add_subcommand("ctl", "Looks at a running daemon and its helpers, and controls them");
  ctl->fallthrough()->require_subcommand(1)->footer(kFooter);
  ctl->add_option("--socket", request.socket, "The daemon's control socket, in place of control_socket=")
      ->type_name("FILE");
  ctl->add_flag("--json", request.json, "Prints JSON as the daemon answers, for programs");
  const auto verb = [ctl, &request](const char* name, const char* help, Verb meaning) {
    CLI::App* const command = ctl->add_subcommand(name, help)->fallthrough();
    command->callback([&request, meaning] { request.verb = meaning; });
    return command;
  };
  const auto of_helper = [&](const char* name, const char* help, Verb meaning) {
    CLI::App* const command = verb(name, help, meaning);
    command->add_option("NAME", request.helper, "Name of the helper")->required();
    return command;
  };
  verb("status", "The daemon and its load", Verb::status);
  verb("helpers", "All helpers", Verb::helpers);
  of_helper("helper", "One helper: URIs, open requests, history, last failure", Verb::helper);
  of_helper("start", "Starts a helper", Verb::start);
  of_helper("stop", "Stops a helper, which stays down", Verb::stop);
  of_helper("restart", "Stops a helper and starts it again", Verb::restart);
  verb("reload", "Reads the configuration again; with a name, replaces that helper's process without a gap",
       Verb::reload)
      ->add_option("NAME", request.helper, "Name of a helper");
  CLI::App* const cancel = of_helper("cancel", "Ends an open request of a helper", Verb::cancel);
  cancel->add_option("REQUEST", request.req_id, "Its number, as `helper` shows it")->required();
  of_helper("log", "What a helper said last", Verb::log)
      ->add_flag("-f,--follow", request.follow, "And what it says from now on");
  verb("messages", "The last messages", Verb::messages)
      ->add_flag("-f,--follow", request.follow, "And those that come from now on");
  verb("routes", "Every route, its owner, and how it is used", Verb::routes);
  verb("events", "Events as they happen, a line of JSON each", Verb::events)
      ->add_option("TOPIC", request.topics, "Topics, with commas; HELPER_* is all that begin so. All if not given");
  CLI::App* const wire = of_helper("wire", "The frames of a helper as they go by, without credentials", Verb::wire);
  wire->add_option("--commands", request.commands, "Only these, as HTTPREQUEST,HTTPRESPONSE")->type_name("NAMES");
  wire->add_option("--direction", request.direction, "in: from the helper; out: to it")
      ->check(CLI::IsMember({"in", "out"}));
  wire->add_option("--record", request.record, "Writes them to a file that a test can replay")->type_name("FILE");
  verb("top", "Helpers, rates, open requests and messages, live; q ends it", Verb::top);
  return ctl;
}

}  // namespace kismet
