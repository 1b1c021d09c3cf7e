#include <pty.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>

#include "server/password_prompt.h"

using namespace kismet;

namespace {

/// A person at a terminal, on which a process of its own asks for a password.
class Terminal {
 public:
  Terminal() {
    pid_ = forkpty(&fd_, nullptr, nullptr, nullptr);
    REQUIRE(pid_ >= 0);
    if (pid_ != 0) return;
    const TypedPassword typed = ask_password("ada");
    const std::string answer = "<" + typed.password + "|" + typed.error + ">";
    [[maybe_unused]] const ssize_t written = write(STDOUT_FILENO, answer.data(), answer.size());
    _exit(0);
  }
  ~Terminal() {
    close(fd_);
    waitpid(pid_, nullptr, 0);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// Reads until `text` is shown.
  void shows(const std::string& text) {
    while (seen_.find(text) == std::string::npos) {
      char piece[256];
      const ssize_t size = read(fd_, piece, sizeof piece);
      INFO(seen_);
      REQUIRE(size > 0);
      seen_.append(piece, static_cast<std::size_t>(size));
    }
  }
  void type(const std::string& text) {
    REQUIRE(write(fd_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  const std::string& seen() const { return seen_; }
  bool echoes() const {
    termios now{};
    REQUIRE(tcgetattr(fd_, &now) == 0);
    return (now.c_lflag & ECHO) != 0;
  }

 private:
  int fd_ = -1;
  pid_t pid_ = -1;
  std::string seen_;
};

}  // namespace

TEST_CASE("a password is asked for twice and never shown") {
  Terminal terminal;
  terminal.shows("New password for ada: ");
  CHECK_FALSE(terminal.echoes());
  terminal.type("s3cret\n");
  terminal.shows("Once more: ");
  CHECK(terminal.seen().find("s3cret") == std::string::npos);
  terminal.type("s3cret\n");
  terminal.shows("<s3cret|>");
  CHECK(terminal.echoes());
}

TEST_CASE("two passwords that differ are none") {
  Terminal terminal;
  terminal.shows("ada: ");
  terminal.type("one\n");
  terminal.shows("Once more: ");
  terminal.type("two\n");
  terminal.shows("<|the two passwords differ; nothing was changed>");
}

TEST_CASE("the keys that end a program end the asking, and the terminal shows again what is typed") {
  for (const char* end : {"\x03", "\x04"}) {
    Terminal terminal;
    terminal.shows("ada: ");
    terminal.type(end);
    terminal.shows("<|no password was typed>");
    CHECK(terminal.echoes());
  }
}
