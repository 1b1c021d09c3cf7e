#include "msgbus/sinks.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <regex>

using namespace kismet;

namespace {

/// A pipe in place of the console.
struct Console {
  Console() {
    if (pipe2(fds.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  }
  ~Console() {
    for (const int fd : fds) close(fd);
  }

  /// What was written, once nobody writes any more.
  std::string read_all() {
    close(std::exchange(fds[1], -1));
    std::string all;
    std::array<char, 4096> buffer;
    for (ssize_t n = 0; (n = read(fds[0], buffer.data(), buffer.size())) > 0;) {
      all.append(buffer.data(), static_cast<std::size_t>(n));
    }
    return all;
  }

  std::array<int, 2> fds{};
};

Message message(Severity severity, std::string text) {
  return {severity, std::move(text), "helper", WallTime(std::chrono::seconds(1'700'000'000)), 1, 1};
}

}  // namespace

TEST_CASE("the console shows time, severity, source and text, a line a message") {
  Console console;
  {
    ConsoleSink sink({.fd = console.fds[1]});
    sink.write(message(Severity::info, "hello {} %s"));
    sink.write(message(Severity::alert, "fire"));
    sink.write(message(Severity::fatal, "the end"));
  }
  const std::string all = console.read_all();
  CAPTURE(all);
  const std::string time = R"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d )";
  CHECK(std::regex_match(all, std::regex(time + R"(INFO  helper: hello \{\} %s\n)" + time + "ALERT helper: fire\n" +
                                         time + "FATAL helper: the end\n")));
}

TEST_CASE("debug messages are shown only where they are wanted") {
  const bool wanted = GENERATE(false, true);
  Console console;
  {
    ConsoleSink sink({.fd = console.fds[1], .show_debug = wanted});
    sink.write(message(Severity::debug, "detail"));
  }
  CHECK((console.read_all().find("DEBUG helper: detail") != std::string::npos) == wanted);
}

TEST_CASE("colours are used where they are wanted, and not in a pipe by itself") {
  const std::optional<bool> colour = GENERATE(std::optional<bool>(), std::optional<bool>(true));
  Console console;
  {
    ConsoleSink sink({.fd = console.fds[1], .colour = colour});
    sink.write(message(Severity::error, "red"));
  }
  CHECK((console.read_all().find("\033[31;1mERROR\033[0m helper: red") != std::string::npos) == colour.has_value());
}

TEST_CASE("a console that nobody reads holds up neither the one who posts nor the end") {
  Console console;
  {
    ConsoleSink sink({.fd = console.fds[1], .max_queued = 16, .grace = std::chrono::milliseconds(10)});
    for (int i = 0; i < 1000; ++i) sink.write(message(Severity::info, std::string(1000, 'x')));
  }
  CHECK(console.read_all().size() > 1000);
}

TEST_CASE("a reader that comes back is told how many lines it lost") {
  Console console;
  std::string all;
  {
    ConsoleSink sink({.fd = console.fds[1], .max_queued = 16, .grace = std::chrono::seconds(60)});
    for (int i = 0; i < 1000; ++i) sink.write(message(Severity::info, std::string(1000, 'x')));
    std::array<char, 65536> buffer;
    while (all.find("read them in time\n") == std::string::npos) {
      const ssize_t n = read(console.fds[0], buffer.data(), buffer.size());
      REQUIRE(n > 0);
      all.append(buffer.data(), static_cast<std::size_t>(n));
    }
  }
  CHECK(std::regex_search(all, std::regex(R"((^|\n)\.\.\. \d+ lines lost: nobody read them in time\n)")));
}

TEST_CASE("a console whose reader is gone is no error") {
  Console console;
  close(std::exchange(console.fds[0], -1));
  const auto before = signal(SIGPIPE, SIG_IGN);
  {
    ConsoleSink sink({.fd = console.fds[1]});
    sink.write(message(Severity::info, "to nobody"));
  }
  signal(SIGPIPE, before);
  SUCCEED();
}
