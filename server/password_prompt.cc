#include "server/password_prompt.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace kismet {
namespace {

constexpr std::size_t kLongestLine = 4096;
constexpr char kInterrupt = '\x03';
constexpr std::array kEndingSignals{SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGTSTP};

/// The terminal, silent. Signals wait until it is as it was.
class SilentTerminal {
 public:
  SilentTerminal() : fd_(open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) {
    if (fd_ < 0 || tcgetattr(fd_, &before_) != 0) return;
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : kEndingSignals) sigaddset(&signals, signal);
    sigprocmask(SIG_BLOCK, &signals, &signals_before_);
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
    silent.c_cc[VEOL] = kInterrupt;  // It ends the line, and so the asking, in place of the program.
    good_ = tcsetattr(fd_, TCSAFLUSH, &silent) == 0;
    blocked_ = true;
  }
  ~SilentTerminal() {
    if (good_) tcsetattr(fd_, TCSAFLUSH, &before_);
    if (blocked_) sigprocmask(SIG_SETMASK, &signals_before_, nullptr);
    if (fd_ >= 0) close(fd_);
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;

  bool good() const { return good_; }
  int fd() const { return fd_; }

 private:
  int fd_;
  bool good_ = false;
  bool blocked_ = false;
  termios before_{};
  sigset_t signals_before_{};
};

/// One line, without its end, byte by byte, so that nothing behind it is taken. False: it is too long, was broken off
/// with ^C, or there is none.
bool read_line(int fd, std::string& out) {
  out.clear();
  for (;;) {
    char c = 0;
    const ssize_t size = read(fd, &c, 1);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return !out.empty();
    if (c == '\n') break;
    if (c == kInterrupt || out.size() == kLongestLine) return false;
    out += c;
  }
  if (out.ends_with('\r')) out.pop_back();
  return true;
}

void say(int fd, const std::string& text) {
  [[maybe_unused]] const ssize_t written = write(fd, text.data(), text.size());
}

}  // namespace

TypedPassword ask_password(const std::string& name) {
  const SilentTerminal terminal;
  if (!terminal.good()) return {"", "there is no terminal to ask on; --stdin takes the password from standard input"};
  std::string first, second;
  say(terminal.fd(), "New password for " + name + ": ");
  const bool typed = read_line(terminal.fd(), first);
  say(terminal.fd(), typed ? "\nOnce more: " : "\n");
  if (!typed || !read_line(terminal.fd(), second)) return {"", "no password was typed"};
  say(terminal.fd(), "\n");
  if (first != second) return {"", "the two passwords differ; nothing was changed"};
  return {first, ""};
}

TypedPassword read_password_line() {
  TypedPassword out;
  if (!read_line(STDIN_FILENO, out.password)) out.error = "there is no password on standard input";
  return out;
}

}  // namespace kismet
