#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/config_expand.h"
#include "server/config_problem.h"

namespace kismet {

/// One `key=value` line. The key is in lower case, both sides are trimmed, and neither is empty.
struct ConfigEntry {
  std::string key;
  std::string value;
  bool append = false;  // Written with +=.
  ConfigPlace place;
};

/// Bounds on what is read, so that a slip (an include of /dev/zero) ends in a message.
struct ConfigFileLimits {
  std::size_t line = 8191;              // Bytes of a line, its end not counted.
  std::size_t file = 16 * 1024 * 1024;  // Bytes of one file.
  std::size_t files = 1000;             // Files read in all.
  std::size_t depth = 16;               // Files that include one another.
};

/// Reads configuration files in Kismet's syntax into a flat list of entries: `include`, `opt_include` and
/// `opt_override` are followed, the rest is left to the schema. Problems are collected, not thrown: all of them are
/// reported in one run.
/// Thread rule: one thread. Lives as long as one reading of the configuration.
class ConfigFileReader {
 public:
  explicit ConfigFileReader(ExpandValues values, ConfigFileLimits limits = {});

  /// Reads the main file and, after it, the overrides that it and its includes name.
  void read(const std::string& path);
  /// Reads one more override, which must exist. `place` is who asked for it.
  void read_override(const std::string& path, const ConfigPlace& place);
  /// Replaces all values of the key `written`, as the command line does.
  void replace(std::string_view written, const std::vector<std::string>& values, const ConfigPlace& place);

  const std::vector<ConfigEntry>& entries() const { return entries_; }
  const std::vector<ConfigProblem>& problems() const { return problems_; }
  /// The files that were read, in order.
  const std::vector<std::string>& files() const { return files_; }

 private:
  struct Opened;  // A file's identity and text.
  struct Override {
    std::string path;
    ConfigPlace place;
    bool optional = true;
  };
  using FileId = std::pair<unsigned long, unsigned long>;

  void read_file(const std::string& path, const ConfigPlace& place, bool optional, std::vector<ConfigEntry>& into);
  void read_line(std::string_view line, const ConfigPlace& place, std::vector<ConfigEntry>& into);
  void follow(const ConfigEntry& entry, std::vector<ConfigEntry>& into);
  std::vector<std::string> matches(const ConfigEntry& entry) const;
  void read_overrides();
  void merge(std::vector<ConfigEntry> entries);
  void error(const ConfigPlace& place, std::string text);

  ExpandValues values_;
  ConfigFileLimits limits_;
  std::vector<ConfigEntry> entries_;
  std::vector<ConfigProblem> problems_;
  std::vector<std::string> files_;
  std::vector<FileId> open_;  // The files being read, outermost first.
  std::vector<FileId> overrides_read_;
  std::vector<Override> overrides_;  // Still to be read.
};

}  // namespace kismet
