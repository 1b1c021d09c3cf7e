// The demo helper in C++: one page for each thing that a helper can do. kismet_demo.py is the same in Python.

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstring>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "helpers/connect.h"
#include "helpers/demo_pages.h"
#include "helpers/helper_client.h"

namespace kismet::demo {
namespace {

using helper::Answer;
using helper::HelperClient;
using helper::Request;
using helper::Severity;

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string replaced(std::string_view text, std::string_view what, std::string_view by) {
  std::string out(text);
  if (const auto at = out.find(what); at != std::string::npos) out.replace(at, what.size(), by);
  return out;
}

template <typename Number>
std::optional<Number> to_number(const std::string& text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// All pages, and what goes on beside them. Owned by main, dies before its client.
class Demo {
 public:
  Demo(HelperClient& client, std::string prefix, std::string title)
      : client_(client), prefix_(std::move(prefix)), title_(escaped(title)) {
    serve("index.html", &Demo::hello);
    serve("variables.html", &Demo::variables, "GET");
    serve("variables.html", &Demo::variables, "POST");
    serve("stream.html", &Demo::stream_page);
    serve("stream.txt", &Demo::stream);
    serve("download.html", &Demo::download_page);
    serve("download.bin", &Demo::download);
    serve("events.html", &Demo::events_page);
    serve("events.txt", &Demo::events);
    serve("message.html", &Demo::message, "GET");
    serve("message.html", &Demo::message, "POST");
    serve("answer.html", &Demo::code_and_header);
    serve("counters.json", &Demo::counters);
    client_.listen({"*"}, [this](std::string_view json) { event_came(json); });
    client_.message(title + " is at " + prefix_ + "/index.html");
  }

 private:
  void serve(const std::string& page, void (Demo::*handler)(const Request&, Answer&), const char* method = "GET") {
    client_.on(method, prefix_ + '/' + page,
               [this, handler](const Request& request, Answer answer) { (this->*handler)(request, answer); });
  }

  std::string page(std::string_view heading, std::string_view body) const {
    return fmt::format(
        R"(<!doctype html><html lang="en"><meta charset="utf-8"><title>{0} - {1}</title>{3}<h1>{0}</h1>{2}<p><a
href="index.html">{1}</a></p></html>)",
        heading, title_, body, kHead);
  }

  void hello(const Request&, Answer& answer) {
    std::string links;
    for (const auto* name : {"variables", "stream", "download", "events", "message", "answer"}) {
      links += fmt::format(R"(<li><a href="{0}.html">{0}</a></li>)", name);
    }
    answer.write(page("Hello", fmt::format("<p>These pages come from process {}.</p><ul>{}</ul>", ::getpid(), links)));
  }

  void variables(const Request& request, Answer& answer) {
    std::string rows;
    for (const auto& [name, value] : request.variables) {
      rows += "<tr><td>" + escaped(name) + "</td><td>" + escaped(value) + "</td></tr>";
    }
    answer.write(page("Variables", fmt::format("<p>{} brought:</p><table>{}</table>{}", request.method, rows, kForm)));
  }

  void stream_page(const Request&, Answer& answer) {
    answer.write(page("Stream", replaced(kWatch, "SOURCE", "stream.txt")));
  }

  void stream(const Request&, Answer& answer) {
    answer.set_header("Content-Type", "text/plain; charset=utf-8");
    auto line = [answer, count = 0]() mutable {
      answer.write(fmt::format("line {} at {:.6f}\n", ++count, now()));
      return answer.wanted();  // Once the client has left the timer ends, and the stream with it.
    };
    line();
    client_.every(std::chrono::seconds(1), line);
  }

  void download_page(const Request&, Answer& answer) { answer.write(page("Download", kDownload)); }

  void download(const Request& request, Answer& answer) {
    const std::string size = request.variable("size", "1000000");
    const auto bytes = to_number<std::uint64_t>(size);
    if (!bytes || size.size() > 12) {
      answer.set_code(400);
      answer.write(page("Download", "<p>size is a number of bytes, up to 12 digits.</p>"));
      return;
    }
    answer.set_header("Content-Type", "application/octet-stream");
    answer.set_header("Content-Length", std::to_string(*bytes));
    std::string block(8192, '\0');
    for (std::size_t i = 0; i < block.size(); ++i) block[i] = static_cast<char>(i);
    answer.produce([block, left = *bytes](Answer& out) mutable {  // Called when there is room: nothing piles up.
      const std::size_t size_now = std::min<std::uint64_t>(left, block.size());
      out.write(std::string_view(block).substr(0, size_now));
      left -= size_now;
      return left > 0;
    });
  }

  void events_page(const Request&, Answer& answer) {
    answer.write(page("Events", replaced(kWatch, "SOURCE", "events.txt")));
  }

  void events(const Request&, Answer& answer) {
    answer.set_header("Content-Type", "text/plain; charset=utf-8");
    feeds_.push_back(answer);
  }

  void event_came(std::string_view text) {
    const auto event = nlohmann::json::parse(text, nullptr, false);
    if (!event.is_object()) return;
    const std::string line = event.value("kismet.eventbus.type", "?") + ' ' +
                             event.value("kismet.eventbus.content", nlohmann::json::object()).dump() + '\n';
    std::erase_if(feeds_, [](const Answer& feed) { return !feed.wanted(); });
    for (Answer& feed : feeds_) feed.write(line);  // Who is slow misses some.
  }

  void message(const Request& request, Answer& answer) {
    const std::string text = request.variable("text");
    if (request.method == "POST" && !text.empty()) {
      client_.message(text, request.variable("error").empty() ? Severity::info : Severity::error);
      client_.publish("DEMO_MESSAGE", nlohmann::json{{"text", text}}.dump());
    }
    answer.write(page("Message", kMessage));
  }

  void code_and_header(const Request& request, Answer& answer) {
    answer.set_code(to_number<std::uint32_t>(request.variable("code", "200")).value_or(400));
    answer.set_header("X-Demo", request.variable("header", "hello"));  // Line breaks in it: the daemon drops it.
    answer.write(page("Answer", kAnswer));
  }

  void counters(const Request&, Answer& answer) {
    answer.set_header("Content-Type", "application/json");
    answer.write(nlohmann::json{{"pid", ::getpid()},
                                {"requests", client_.requests()},
                                {"cancels", client_.cancels()},
                                {"open", client_.open_requests()}}
                     .dump());
  }

  HelperClient& client_;
  std::string prefix_;
  std::string title_;
  std::vector<Answer> feeds_;  // Those who watch the event log.
};

/// Takes only a descriptor that the daemon can have given us.
std::string check_descriptor(const std::string& text) {
  struct stat status {};
  if (::fstat(to_number<int>(text).value_or(-1), &status) != 0) return text + ": " + std::strerror(errno);
  return S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) ? "" : text + " is neither pipe nor socket";
}

}  // namespace
}  // namespace kismet::demo

int main(int argc, char** argv) {
  using namespace kismet;
  CLI::App options{"The demo helper in C++; the Kismet daemon starts it."};
  helper::Settings settings{.name = "kismet_demo"};
  std::string prefix = "/demo";
  std::string title = "Demo in C++";
  std::string generation = "v2";
  std::string url;
  CLI::Option* const in = options.add_option("--in-fd", settings.in_fd, "descriptor to read the daemon's frames from")
                              ->check(demo::check_descriptor);
  CLI::Option* const out =
      options.add_option("--out-fd", settings.out_fd, "descriptor to write frames to")->check(demo::check_descriptor);
  options.add_option("--connect", url, "where the daemon is, if it has not started this: tcp://... or ws://...")
      ->excludes(in)
      ->excludes(out);
  options.add_option("--wire", generation, "generation of the frames")->check(CLI::IsMember({"v0", "v2", "v3"}));
  options.add_option("--name", settings.name, "what it calls itself");
  options.add_option("--prefix", prefix, "where its pages are");
  options.add_option("--title", title, "what its pages are called");
  try {
    options.parse(argc, argv);
    if (url.empty() && (settings.in_fd < 0 || settings.out_fd < 0)) {
      throw CLI::RequiredError("--connect, or --in-fd and --out-fd: one of them");
    }
  } catch (const CLI::ParseError& error) {
    return options.exit(error) == 0 ? 0 : 2;
  }
  for (const auto known : {wire::Generation::v0, wire::Generation::v2, wire::Generation::v3}) {
    if (generation == to_string(known)) settings.generation = known;
  }
  if (!url.empty()) {
    if (const std::string fault = helper::connect_to(url, settings); !fault.empty()) {
      std::cerr << "cannot connect: " << fault << '\n';
      return 1;
    }
  }
  helper::HelperClient client(settings);
  const demo::Demo demo(client, prefix, title);
  return client.run();
}
