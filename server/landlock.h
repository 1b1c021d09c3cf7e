#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace kismet {

/// What may be done with a file, or with all that is below a folder.
enum class FileAccess : std::uint8_t {
  read,
  run,    // Read and execute.
  write,  // Read, write, make and remove, but not execute.
};

struct PathRule {
  std::string path;
  FileAccess access = FileAccess::read;
};

/// Version of the kernel's Landlock; 0 if it has none.
int landlock_version();

/// From here on this process, and all that it starts, can open no file but those of `rules`, and can send no signal to
/// processes outside (as far as the kernel's Landlock goes: version 6 for signals). Paths that are not there are
/// skipped. Gives up set-uid programs, too. Returns why it could not be done, or an empty string. There is no way back.
/// Thread rule: confines the calling thread and those that it starts: call it before there are others.
std::string confine_files(std::span<const PathRule> rules);

}  // namespace kismet
