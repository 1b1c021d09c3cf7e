#include "server/ctl.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "server/command_line.h"
#include "server/ctl_client.h"
#include "server/ctl_lines.h"
#include "server/ctl_show.h"
#include "server/ctl_table.h"
#include "server/ctl_top.h"

using namespace kismet;
using Json = nlohmann::json;
using Verb = CtlRequest::Verb;

namespace {

CommandLine parsed(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"kismet", "ctl"});
  auto result = parse_command_line(arguments, {"/home/x", "", "/usr/bin"});
  if (const auto* end = std::get_if<CommandLineEnd>(&result)) FAIL(end->error_output);
  return std::get<CommandLine>(result);
}

int exit_code(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"kismet", "ctl"});
  const auto result = parse_command_line(arguments, {"/home/x", "", "/usr/bin"});
  const auto* end = std::get_if<CommandLineEnd>(&result);
  return end ? end->exit_code : -1;
}

Json helper(const char* name, const char* state) {
  return {{"kismet.helper.name", name},
          {"kismet.helper.state", state},
          {"kismet.helper.pid", 77},
          {"kismet.helper.uptime", 90.0},
          {"kismet.helper.starts", 3},
          {"kismet.helper.requests_total", 1500},
          {"kismet.helper.counters", {{"bytes_in", 1000}, {"bytes_out", 24}}}};
}

}  // namespace

TEST_CASE("the verbs of ctl take what they need") {
  CHECK(parsed({"status"}).action == CommandLine::Action::ctl);
  CHECK(parsed({"helper", "demo"}).ctl.helper == "demo");
  CHECK(parsed({"restart", "demo"}).ctl.verb == Verb::restart);
  CHECK(parsed({"reload"}).ctl.helper.empty());
  CHECK(parsed({"cancel", "demo", "17"}).ctl.req_id == 17);
  CHECK(parsed({"log", "demo", "-f"}).ctl.follow);
  CHECK(parsed({"events"}).ctl.topics == "*");
  CHECK(parsed({"wire", "demo", "--commands", "PING", "--record", "f"}).ctl.record == "f");
  CHECK(parsed({"helpers", "--json"}).ctl.json);
  CHECK(parsed({"--socket", "/x", "top"}).ctl.socket == "/x");
}

TEST_CASE("wrong uses of ctl are refused") {
  CHECK(exit_code({}) == 1);
  CHECK(exit_code({"helper"}) == 1);
  CHECK(exit_code({"cancel", "demo", "x"}) == 1);
  CHECK(exit_code({"wire", "demo", "--direction", "up"}) == 1);
  CHECK(exit_code({"dance"}) == 1);
  CHECK(exit_code({"--help"}) == 0);
}

TEST_CASE("ctl says so when no daemon runs") {
  std::ostringstream out, err;
  CtlRequest request;
  CHECK(ctl_command(request, "/nonexistent/control.sock", false, out, err) == static_cast<int>(CtlExit::no_daemon));
  CHECK(err.str().find("the daemon does not run") != std::string::npos);
  CHECK(out.str().empty());
  CHECK(ctl_command(request, "", false, out, err) == static_cast<int>(CtlExit::no_daemon));
}

TEST_CASE("a table's columns are as wide as their widest cell, numbers to the right") {
  CtlTable table({{"NAME"}, {"N", CtlTable::Align::right}, {"REST"}});
  table.add({"a", "1", "x"});
  table.add({"\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4", "1000", ""});
  CHECK(table.text(false) == "NAME      N  REST\na         1  x\n\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4  1000\n");
  CHECK(table.text(true).find("\x1b[1mNAME") != std::string::npos);
}

TEST_CASE("sizes, counts and durations are for people") {
  CHECK(shown_duration(0.0031) == "3.10 ms");
  CHECK(shown_duration(0.031) == "31 ms");
  CHECK(shown_duration(3.24) == "3.2 s");
  CHECK(shown_duration(600) == "10 min");
  CHECK(shown_duration(7500) == "2 h 05 min");
  CHECK(shown_duration(86400 * 3 + 3600 * 4) == "3 d 4 h");
  CHECK(shown_count(812) == "812");
  CHECK(shown_count(3400) == "3.4K");
  CHECK(shown_bytes(1024 * 1024 * 1.5) == "1.5 MiB");
}

TEST_CASE("what a helper says does not steer the terminal") {
  CHECK(printable("a\x1b[31mb\nc") == "a [31mb c");
  CHECK(printable("\xC2\x9B"
                  "31m") == " 31m");
  CHECK(printable("\xC3\xA4") == "\xC3\xA4");
}

TEST_CASE("helpers are a table, plain where it is not for a terminal") {
  const std::string text = show_helpers({helper("demo", "ready"), helper("other", "failed")}, false);
  CHECK(text.find("demo   ready") != std::string::npos);
  CHECK(text.find("1.5K") != std::string::npos);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(show_helpers(Json::array({helper("demo", "failed")}), true).find("\x1b[31mfailed") != std::string::npos);
  CHECK(show_helpers(Json::array(), false) == "no helpers are configured\n");
}

TEST_CASE("a helper's page has its parts, and none for what there is not") {
  Json page = helper("demo", "ready");
  CHECK(show_helper(page, false).find("Open requests") == std::string::npos);
  page["kismet.helper.open_requests"] = {
      {{"req_id", 4}, {"method", "GET"}, {"uri", "/x"}, {"age", 1.5}, {"sent_bytes", 99}, {"client", "192.0.2.1"}}};
  page["kismet.helper.last_report"] = {{"summary", "ended with exit code 3"}, {"output", {"bye"}}};
  const std::string text = show_helper(page, false);
  CHECK(text.find("Open requests") != std::string::npos);
  CHECK(text.find("1.5 s") != std::string::npos);
  CHECK(text.find("ended with exit code 3") != std::string::npos);
  CHECK(text.find("  | bye") != std::string::npos);
}

TEST_CASE("answers of another version of the daemon are shown as far as they go") {
  for (const Json& odd : {Json(), Json(3), Json("x"), Json::array({1, nullptr}), Json{{"kismet.helper.uris", 3}}}) {
    show_helper(odd, false);
    show_helpers(odd.is_array() ? odd : Json::array({odd}), false);
    show_status(odd, Json::array({odd}), false);
    show_routes(Json::array({odd}), false);
    show_message(odd, false);
    show_frame(odd, false);
    show_reload(odd, false);
  }
  CHECK(show_message({{"kismet.messagebus.message_string", 3}}, false).find("INFO") != std::string::npos);
}

TEST_CASE("a frame is a line, lost ones are told") {
  const Json frame = {{"time", 1.5}, {"direction", "in"}, {"generation", "v2"},           {"command", "PONG"},
                      {"seqno", 8},  {"size", 50},        {"fields", {{"ping_seqno", 3}}}};
  const std::string line = show_frame(frame, false);
  CHECK(line.find(" < v2 PONG seq=8 size=50 {\"ping_seqno\":3}\n") != std::string::npos);
  CHECK(show_frame({{"dropped", 5}}, false).find("5 frames lost") != std::string::npos);
}

TEST_CASE("top shows rates between two looks") {
  TopView view;
  TopView::Look look{{{"kismet.system.version", "1.2"}}, Json::array({helper("demo", "ready")}), Json::array(), {}};
  look.at += std::chrono::seconds(100);
  CHECK(view.page(look, {}, false).find("kismet 1.2") != std::string::npos);
  look.at += std::chrono::seconds(2);
  look.helpers[0]["kismet.helper.requests_total"] = 1700;
  look.helpers[0]["kismet.helper.counters"]["bytes_in"] = 1000 + 2 * 3072;
  const std::string page = view.page(look, {}, false);
  CHECK(page.find(" 100  ") != std::string::npos);
  CHECK(page.find("3.0 KiB") != std::string::npos);
}

TEST_CASE("top fits its terminal") {
  TopView view;
  TopView::Look look{{}, Json::array(), Json::array(), {}};
  for (int i = 0; i < 100; ++i) look.helpers.push_back(helper("a-helper", "ready"));
  for (int i = 0; i < 100; ++i) {
    look.messages.push_back({{"kismet.messagebus.message_string", std::string(300, 'x')}});
  }
  const std::string page = view.page(look, {20, 60}, false);
  CHECK(std::count(page.begin(), page.end(), '\n') <= 20);
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 60);
}

TEST_CASE("text is encoded for a URL") {
  CHECK(percent_encode("a b/c\xC3\xA4?") == "a%20b%2Fc%C3%A4%3F");
}
