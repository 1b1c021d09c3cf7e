#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "external/helper_session.h"
#include "external/output_lines.h"
#include "external/restart_policy.h"

namespace kismet {

/// How helpers are started, watched and ended. Each is a setting of conf/kismet.conf.
struct SupervisorSettings {
  std::chrono::milliseconds ready_timeout{10'000};   // From its start to its first good frame; 0 = no limit.
  std::chrono::milliseconds shutdown_grace{3'000};   // From SHUTDOWN to SIGTERM, when it is asked to end.
  std::chrono::milliseconds terminate_grace{2'000};  // From SIGTERM to SIGKILL.
  std::chrono::milliseconds drain_timeout{
      500};                             // After its end, for what it wrote before, if somebody keeps its pipes.
  std::size_t pipe_size = 1024 * 1024;  // Bytes each of its pipes may hold; the system may grant less.
  std::vector<std::pair<std::string, std::string>> env;  // For every helper: KISMET_ETC.
  std::string cgroup;  // Folder of a delegated control group (version 2), for a group a helper; empty: none.
  OutputSettings output;
  RestartSettings restart;
  SessionSettings session;
};

}  // namespace kismet
