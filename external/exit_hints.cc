#include "external/exit_hints.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <string_view>

namespace kismet {

namespace {

struct Known {
  std::string_view shows;  // In a line of the output.
  std::string_view hint;
};

constexpr std::array kKnown{
    Known{"Descriptors cannot be created directly",
          "its generated protobuf code is older than the installed protobuf: add "
          "env=\"PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=python\" to its helper= line"},
    Known{"Descriptors cannot not be created directly",  // As protobuf 4.21 spells it.
          "its generated protobuf code is older than the installed protobuf: add "
          "env=\"PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=python\" to its helper= line"},
    Known{
        "There is no current event loop",
        "it calls asyncio.get_event_loop() outside of a running loop, which Python 3.14 refuses: run it with an older "
        "Python, or let it call asyncio.new_event_loop()"},
    Known{"error while loading shared libraries", "a shared library that it needs is not installed"},
    Known{"version `GLIBC", "it was built for a newer system than this one"},
    Known{"MemoryError", "it ran out of memory; see memory= on its helper= line"},
    Known{"std::bad_alloc", "it ran out of memory; see memory= on its helper= line"},
    Known{"Too many open files", "it used up its descriptors; see open_files= on its helper= line"},
    Known{"PermissionError: [Errno 13]",
          "it may not use a file or device: check the rights of the user that it runs as"},
    Known{"PermissionError: [Errno 1]", "it tried what only a privileged user may: check the user that it runs as"},
    Known{"Permission denied", "it may not use a file or device: check the rights of the user that it runs as"},
};

/// The text between `before` and `after` in `line`, or empty.
std::string_view between(std::string_view line, std::string_view before, std::string_view after) {
  const std::size_t begin = line.find(before);
  if (begin == std::string_view::npos) return {};
  line.remove_prefix(begin + before.size());
  const std::size_t end = line.find(after);
  return end == std::string_view::npos ? std::string_view{} : line.substr(0, end);
}

std::string hint_for_line(std::string_view line) {
  if (const std::string_view module = between(line, "No module named '", "'"); !module.empty()) {
    return "the Python module \"" + std::string(module) +
           "\" is not installed for the Python that runs it (as the helper's user, with its environment)";
  }
  if (line.starts_with("/usr/bin/env:") && line.ends_with("No such file or directory")) {
    return "the interpreter that its first line asks env for is not in PATH (" + std::string(line.substr(14)) + ")";
  }
  for (const Known& known : kKnown) {
    if (line.find(known.shows) != std::string_view::npos) return std::string(known.hint);
  }
  return {};
}

/// For a file that is there and still gives "no such file": what its first line names is not.
std::string interpreter_hint(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string line(256, '\0');
  file.read(line.data(), static_cast<std::streamsize>(line.size()));
  line.resize(static_cast<std::size_t>(file.gcount()));
  if (!line.starts_with("#!")) return "the loader that it was linked for is missing: it was built for another system";
  line = line.substr(2, line.find('\n') - 2);
  const bool windows = line.ends_with('\r');
  const std::size_t begin = line.find_first_not_of(" \t");
  if (begin == std::string::npos) return "its first line names no interpreter";
  const std::string interpreter = line.substr(begin, line.find_first_of(" \t\r", begin) - begin);
  if (windows) return "its first line ends with CR LF, so its interpreter is not found: give it Unix line ends";
  return "its first line asks for " + interpreter + ", which does not exist";
}

std::string exec_hint(int error, const std::string& path) {
  switch (error) {
    case ENOENT:
      return interpreter_hint(path);
    case ENOEXEC:
      return "it is neither a script with a #! line nor a program for this machine";
    case EACCES:
      return "its user may not execute it, its interpreter, or enter a folder above it; or its file system is mounted "
             "noexec";
    case EAGAIN:
      return "its user has too many processes; see processes= on its helper= line";
    case ENOMEM:
      return "too little memory; see memory= on its helper= line";
    default:
      return {};
  }
}

}  // namespace

std::string spawn_hint(const SpawnError& error, const Launch& launch) {
  const int code = error.code.value();
  switch (error.step) {
    case SpawnStep::exec:
      return exec_hint(code, launch.path);
    case SpawnStep::pipes:
      return code == EMFILE || code == ENFILE ? "the daemon has used up its descriptors (ulimit -n)" : "";
    case SpawnStep::user_and_groups:
    case SpawnStep::nice:
    case SpawnStep::limits:
      return code == EPERM || code == EACCES ? "the daemon itself may not grant that; run it as root" : "";
    case SpawnStep::working_directory:
      return launch.working_directory;
    default:
      return {};
  }
}

std::string exit_hint(const ExitStatus& status, const std::deque<std::string>& output, const ProcessLimits& limits) {
  for (auto line = output.rbegin(); line != output.rend(); ++line) {
    std::string hint = hint_for_line(*line);
    if (!hint.empty()) return hint;
  }
  if (status.signal(SIGXCPU) || (status.signal(SIGKILL) && limits.cpu_seconds)) {
    return "it used up its CPU time; see cpu_seconds= on its helper= line";
  }
  if (status.signal(SIGKILL)) return "somebody killed it, or the kernel did for want of memory (see dmesg)";
  if (status.signal(SIGXFSZ)) return "it wrote a file larger than file_size= on its helper= line";
  if (status.signal(SIGSYS)) return "it made a system call that is forbidden to it";
  if (status.code(126)) return "a command of its script is not executable";
  if (status.code(127)) return "a command of its script was not found";
  return {};
}

}  // namespace kismet
