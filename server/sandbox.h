#pragma once

#include <span>
#include <string>
#include <vector>

#include "server/config.h"
#include "server/landlock.h"

namespace kismet {

/// What the daemon and its helpers need of the file system: the system's programs and libraries, what the settings
/// name, and the helpers' own folders. `config_files` are those that were read.
std::vector<PathRule> sandbox_rules(const Config& config, std::span<const std::string> config_files);

/// What came of confining.
struct Confined {
  std::string remark;                   // For people: what is confined now.
  std::vector<std::string> shortfalls;  // For people: what is not, and why.
};
/// Confines this process to `rules` and to harmless system calls, as far as the kernel can; nobody else of its user
/// reads its memory, or gets it in a core file. Thread rule: before any other thread is there.
Confined confine(std::span<const PathRule> rules);

}  // namespace kismet
