#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kismet {

/// Which wire generation a helper speaks: found out from its first frame, or forced (WIRE.md A1, A5).
enum class WireChoice : std::uint8_t { automatic, v0, v2, v3 };

/// How a helper gets here: the daemon starts it on two pipes, or it connects by itself and names itself.
enum class HelperTransport : std::uint8_t {
  pipe,
  tcp,  // With or without TLS, as the listener has it.
  websocket,
  remote,  // Either of the two.
};

enum class RestartMode : std::uint8_t { never, on_failure, always };

/// What each process of a helper may use, as setrlimit(2) bounds it; unset is "as the daemon".
struct ProcessLimits {
  std::optional<std::uint64_t> memory;       // Bytes of address space (RLIMIT_AS).
  std::optional<std::uint64_t> cpu_seconds;  // CPU time in all; over it, SIGXCPU ends the process.
  std::optional<std::uint64_t> open_files;
  std::optional<std::uint64_t> processes;  // Of the helper's user, other programs' counted too; root is exempt.
  std::optional<std::uint64_t> file_size;  // Bytes of a file that it writes.
  std::optional<std::uint64_t> core_size;  // Bytes of a core dump; 0 is none.

  bool operator==(const ProcessLimits&) const = default;
};

/// What all processes of a helper together may use; needs a delegated control group (SupervisorSettings::cgroup).
struct GroupLimits {
  std::optional<std::uint64_t> memory;     // Bytes of memory in use; over it, the kernel ends one of them.
  std::optional<std::uint64_t> processes;  // Threads count as well.

  bool operator==(const GroupLimits&) const = default;
};

/// A helper as the configuration describes it (`helper=` lines; conf/kismet.conf documents each key). A plain value:
/// two that compare equal need no restart when the configuration is read again.
struct HelperDefinition {
  std::string name;     // Unique; from name=, else the program's file name.
  std::string program;  // As written: a file name looked up in `search_path`, or an absolute path.
  std::vector<std::string> search_path;
  std::vector<std::string> args;                         // After --in-fd and --out-fd.
  std::vector<std::pair<std::string, std::string>> env;  // Added to the daemon's environment.
  WireChoice wire = WireChoice::automatic;
  HelperTransport transport = HelperTransport::pipe;
  std::string subsystem;           // What it calls itself when it connects; empty is its name.
  std::string client_certificate;  // A name that its TLS certificate must have; empty asks none.
  RestartMode restart = RestartMode::on_failure;
  bool enabled = true;               // Started with the daemon; otherwise only by hand.
  std::string uri_role = "admin";    // Who may use its URIs: a role, or "any" valid login.
  std::string token_role = "admin";  // What its own token may do.

  // Supervision, where it differs from the settings of all helpers (SupervisorSettings, SessionSettings).
  std::optional<std::chrono::milliseconds> ready_timeout;  // From its start to its first good frame.
  bool must_speak = false;  // Silent for ready_timeout: ended as failed. Otherwise that is only said.
  std::optional<std::chrono::milliseconds> ping_interval;  // 0 = no PINGs.
  std::optional<std::chrono::milliseconds> ping_timeout;   // 0 = a missing PONG is no reason to end it.

  // Budgets, where they differ from those of all helpers (SessionSettings); 0 = any.
  std::optional<std::size_t> open_requests;
  std::optional<std::size_t> bytes_a_second;
  std::optional<std::size_t> messages_a_second;
  std::optional<std::size_t> events_a_second;

  // Confinement. A user, or a lower nice value, needs a daemon that may grant it (root, CAP_SETUID, CAP_SYS_NICE).
  std::string user;                                   // Name or number; empty is the daemon's.
  std::string group;                                  // Name or number; empty is the user's own group.
  std::string working_directory;                      // Absolute; empty is the daemon's.
  std::optional<std::vector<std::string>> env_allow;  // Inherited variables, NAME or PREFIX*; unset is all of them.
  ProcessLimits limits;
  GroupLimits group_limits;
  std::optional<int> nice;         // -20 (first) to 19 (last).
  bool no_new_privileges = false;  // No setuid program or file capability gives it more (PR_SET_NO_NEW_PRIVS).

  std::string defined_at;  // "file:line", for messages.

  bool operator==(const HelperDefinition&) const = default;
};

/// What a helper that connects by itself has to call itself.
inline const std::string& subsystem_of(const HelperDefinition& definition) {
  return definition.subsystem.empty() ? definition.name : definition.subsystem;
}

}  // namespace kismet
