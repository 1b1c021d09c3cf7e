// A helper for tests that does one thing, mostly a wrong one: fake_helper --in-fd=N --out-fd=M MODE [ARGUMENT].
// It speaks generation v0.
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "tests/support/v0_frames.h"

namespace {

using namespace kismet::testing::v0;

int in_fd = -1;
int out_fd = -1;

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ::ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) ::_exit(3);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

void say(std::string_view text) {
  write_all(out_fd, frame("MESSAGE", field(1, 2) + field(2, text)));
}

/// Reads exactly `count` bytes; false at the end of the input.
bool read_all(std::string& into, std::size_t count) {
  into.resize(count);
  for (std::size_t done = 0; done < count;) {
    const ::ssize_t got = ::read(in_fd, into.data() + done, count - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    done += static_cast<std::size_t>(got);
  }
  return true;
}

/// Calls `on_command` with each command's name and whole payload, until the input ends or it returns false.
void serve(const std::function<bool(std::string_view command, std::string_view payload)>& on_command) {
  std::string header;
  std::string payload;
  while (read_all(header, 12) && read_all(payload, number_at(header, 8))) {
    const std::string_view command = std::string_view(payload).substr(2, static_cast<unsigned char>(payload[1]));
    if (!on_command(command, payload)) return;
  }
}

bool answer(std::string_view command, std::string_view payload) {
  if (command == "PING") write_all(out_fd, frame("PONG", field(1, seqno_of(payload))));
  return command != "SHUTDOWN";
}

void wait_for_ever() {
  for (;;) ::pause();
}

void wait_for_end_of_input() {
  std::string byte;
  while (read_all(byte, 1)) {
  }
}

void line(const std::string& text) {
  write_all(1, text + "\n");
}

void list_fds() {
  ::DIR* folder = ::opendir("/proc/self/fd");
  std::string found;
  while (const ::dirent* entry = ::readdir(folder)) {
    if (entry->d_name[0] != '.' && std::atoi(entry->d_name) != ::dirfd(folder))
      found += std::string(entry->d_name) + " ";
  }
  ::closedir(folder);
  std::array<char, 256> target{};
  const ::ssize_t size = ::readlink("/proc/self/fd/0", target.data(), target.size());
  line("fds " + found);
  line("stdin " + std::string(target.data(), size > 0 ? static_cast<std::size_t>(size) : 0));
}

void show_limit(const char* name, int which) {
  ::rlimit limit{};
  ::getrlimit(static_cast<__rlimit_resource>(which), &limit);
  line(std::string(name) + " " + std::to_string(limit.rlim_cur) + " " + std::to_string(limit.rlim_max));
}

/// What the process is and may do, a line each.
void describe(int argc, char** argv, char** env) {
  for (int i = 0; i < argc; ++i) line("arg " + std::string(argv[i]));
  for (char** variable = env; *variable; ++variable) line("env " + std::string(*variable));
  line("group " + std::string(::getpgrp() == ::getpid() ? "own" : "shared"));
  std::string ids = std::to_string(::getuid()) + " " + std::to_string(::geteuid()) + " " + std::to_string(::getgid());
  std::array<::gid_t, 64> groups{};
  const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
  for (int i = 0; i < count; ++i) ids += " " + std::to_string(groups[static_cast<std::size_t>(i)]);
  line("ids " + ids);
  std::array<char, 4096> folder{};
  line("cwd " + std::string(::getcwd(folder.data(), folder.size()) ? folder.data() : "?"));
  line("nice " + std::to_string(::getpriority(PRIO_PROCESS, 0)));
  line("no_new_privs " + std::to_string(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)));
  int death_signal = 0;
  ::prctl(PR_GET_PDEATHSIG, &death_signal);
  line("death_signal " + std::to_string(death_signal));
  show_limit("memory", RLIMIT_AS);
  show_limit("cpu", RLIMIT_CPU);
  show_limit("files", RLIMIT_NOFILE);
  show_limit("core", RLIMIT_CORE);
  std::array<char, 512> text{};
  ::FILE* status = std::fopen("/proc/self/status", "r");
  while (std::fgets(text.data(), static_cast<int>(text.size()), status)) {
    const std::string_view row(text.data());
    if (row.starts_with("SigBlk") || row.starts_with("SigIgn") || row.starts_with("SigCgt")) {
      line(std::string(row.substr(0, row.size() - 1)));
    }
  }
  std::fclose(status);
}

/// A child that holds all descriptors of the helper and outlives it, ignoring SIGTERM; `own_session` takes it out of
/// the helper's group. It is what it shall be when this returns.
::pid_t leave_grandchild(bool own_session) {
  int ready[2];
  if (::pipe(ready) != 0) ::_exit(3);
  const ::pid_t pid = ::fork();
  if (pid == 0) {
    if (own_session) ::setsid();
    std::signal(SIGTERM, SIG_IGN);
    ::alarm(60);  // For tests that fail to end it.
    write_all(ready[1], "!");
    wait_for_ever();
  }
  char byte = 0;
  if (::read(ready[0], &byte, 1) != 1) ::_exit(3);
  return pid;
}

std::string text_of(int argc, char** argv) {
  return argc > 4 ? argv[4] : "";
}

}  // namespace

int main(int argc, char** argv, char** env) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument(argv[i]);
    if (argument.starts_with("--in-fd=")) in_fd = std::atoi(argv[i] + 8);
    if (argument.starts_with("--out-fd=")) out_fd = std::atoi(argv[i] + 9);
  }
  if (argc < 4) return 2;
  const std::string argument = text_of(argc, argv);
  const std::map<std::string_view, std::function<void()>> modes{
      // Speaks, answers PINGs, ends at SHUTDOWN or end-of-file.
      {"echo", [] { say("hello"), serve(answer); }},
      // The same, and prints what it is sent.
      {"log",
       [] {
         say("hello");
         serve([](std::string_view command, std::string_view payload) {
           line("got " + std::string(command));
           return answer(command, payload);
         });
         line("input over");
       }},
      {"ignore-term",
       [] {
         for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGPIPE}) std::signal(signal, SIG_IGN);
         say("you cannot end me");
         wait_for_ever();
       }},
      // Ignores SHUTDOWN and end-of-file, but not SIGTERM.
      {"ignore-shutdown", [] { say("hello"), wait_for_ever(); }},
      {"half-frame", [] { write_all(out_fd, frame("MESSAGE", field(1, 2) + field(2, "cut off")).substr(0, 20)); }},
      {"bad-signature", [] { write_all(out_fd, "this is no frame"), wait_for_ever(); }},
      {"flood",
       [] {
         for (;;) say("flooding you with messages");
       }},
      {"list-fds", list_fds},
      {"describe", [=] { describe(argc, argv, env); }},
      {"silent", wait_for_end_of_input},
      {"exit-code", [&] { ::_exit(std::atoi(argument.c_str())); }},
      {"speak-and-exit", [&] { say("hello"), ::_exit(std::atoi(argument.c_str())); }},
      {"print-and-exit", [&] { line(argument), ::_exit(1); }},
      {"crash", [] { say("hello"), std::signal(SIGSEGV, SIG_DFL), ::raise(SIGSEGV); }},
      {"stop-reading", [] { say("hello"), wait_for_ever(); }},
      {"no-pong",
       [] {
         say("hello");
         serve([](std::string_view command, std::string_view) { return command != "SHUTDOWN"; });
       }},
      {"stdout-flood",
       [] {
         say("hello");
         for (std::uint64_t i = 0;; ++i) line("line " + std::to_string(i) + " of a flood that never ends");
       }},
      // Prints so many lines at once, and no more.
      {"print-lines",
       [&] {
         for (int i = std::atoi(argument.c_str()); i > 0; --i) line("line " + std::to_string(i));
         say("hello");
         serve(answer);
       }},
      // Leaves a process behind that holds its pipes: in its group ...
      {"grandchild-keeps-pipe", [] { line("grandchild " + std::to_string(leave_grandchild(false))), say("bye"); }},
      // ... or where no signal to the group reaches it.
      {"daemon-keeps-pipe", [] { line("grandchild " + std::to_string(leave_grandchild(true))), say("bye"); }},
      // Stays, with a child in its group.
      {"with-grandchild",
       [] { line("grandchild " + std::to_string(leave_grandchild(false))), say("hello"), serve(answer); }},
      {"eat-memory",
       [] {
         say("hello");
         for (;;) std::memset(new char[1 << 20], 1, 1 << 20);
       }},
      {"eat-cpu",
       [] {
         say("hello");
         for (;;) ::getppid();
       }},
      {"leak-fds",
       [] {
         say("hello");
         while (::open("/dev/null", O_RDONLY) >= 0) {
         }
         line(std::string("open: ") + std::strerror(errno));
         ::_exit(1);
       }},
      {"fork-bomb",
       [] {
         say("hello");
         for (int i = 0; i < 1000; ++i) {
           const ::pid_t pid = ::fork();
           if (pid == 0) ::alarm(60), wait_for_ever();
           if (pid < 0) {
             line(std::string("fork: ") + std::strerror(errno));
             break;
           }
         }
         serve(answer);
       }},
  };
  const auto mode = modes.find(argv[3]);
  if (mode == modes.end()) return 2;
  mode->second();
  return 0;
}
