#include "server/config_file.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>

namespace kismet {
namespace {

constexpr std::string_view kBlank = " \t\r\n\v\f";

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

bool is_key(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c < 0x80 && (std::isalnum(c) || c == '_' || c == '-' || c == '.');
  });
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

std::string reason(int error) {
  return std::generic_category().message(error);
}

/// A descriptor that is closed at the end of its scope.
struct File {
  explicit File(const std::string& path) : fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)) {}
  ~File() {
    if (fd >= 0) close(fd);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd;
};

/// The newer of two names for the same thing.
std::string canonical(std::string key) {
  return key == "servername" ? "server_name" : key;
}

}  // namespace

struct ConfigFileReader::Opened {
  FileId id;
  std::string text;
  int error = 0;          // errno of what failed.
  std::string complaint;  // Why not, for people.

  static Opened load(const std::string& path, std::size_t limit) {
    Opened out;
    const File file(path);
    struct stat status {};
    if (file.fd < 0 || fstat(file.fd, &status) != 0) return out.failed(errno, reason(errno));
    if (S_ISDIR(status.st_mode)) return out.failed(EISDIR, "it is a directory");
    out.id = {status.st_dev, status.st_ino};
    char piece[16 * 1024];
    for (;;) {
      const ssize_t size = ::read(file.fd, piece, sizeof piece);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) return out.failed(errno, reason(errno));
      if (size == 0) return out;
      out.text.append(piece, static_cast<std::size_t>(size));
      if (out.text.size() > limit) return out.failed(EFBIG, "it is longer than " + std::to_string(limit) + " bytes");
    }
  }

  Opened failed(int number, std::string why) {
    error = number;
    complaint = std::move(why);
    return std::move(*this);
  }
};

ConfigFileReader::ConfigFileReader(ExpandValues values, ConfigFileLimits limits)
    : values_(std::move(values)), limits_(limits) {}

void ConfigFileReader::read(const std::string& path) {
  read_file(path, ConfigPlace{}, false, entries_);
  read_overrides();
}

void ConfigFileReader::read_override(const std::string& path, const ConfigPlace& place) {
  overrides_.push_back({path, place, false});
  read_overrides();
}

void ConfigFileReader::replace(std::string_view written, const std::vector<std::string>& values,
                               const ConfigPlace& place) {
  const std::string key = canonical(std::string(written));
  std::erase_if(entries_, [&key](const ConfigEntry& entry) { return entry.key == key; });
  for (const std::string& value : values) entries_.push_back({key, value, false, place});
}

void ConfigFileReader::error(const ConfigPlace& place, std::string text) {
  problems_.push_back({ConfigProblem::Level::error, place, std::move(text)});
}

void ConfigFileReader::read_file(const std::string& path, const ConfigPlace& place, bool optional,
                                 std::vector<ConfigEntry>& into) {
  if (files_.size() >= limits_.files) return error(place, "too many files; " + path + " is not read");
  if (open_.size() >= limits_.depth)
    return error(place, "files include one another too deep; " + path + " is not read");
  const Opened opened = Opened::load(path, limits_.file);
  if (optional && (opened.error == ENOENT || opened.error == ENOTDIR)) return;
  if (opened.error != 0) return error(place, "cannot read " + path + ": " + opened.complaint);
  if (std::find(open_.begin(), open_.end(), opened.id) != open_.end()) {
    return error(place, path + " includes itself");
  }
  files_.push_back(path);
  open_.push_back(opened.id);
  ConfigPlace at{path, 0};
  std::string_view rest = opened.text;
  if (rest.starts_with("\xef\xbb\xbf")) rest.remove_prefix(3);
  while (!rest.empty()) {
    ++at.line;
    const std::size_t end = rest.find('\n');
    read_line(rest.substr(0, end), at, into);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  open_.pop_back();
}

void ConfigFileReader::read_line(std::string_view line, const ConfigPlace& place, std::vector<ConfigEntry>& into) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.size() > limits_.line) {
    return error(place, "the line is longer than " + std::to_string(limits_.line) + " bytes");
  }
  line = trim(line);
  if (line.empty() || line.front() == '#') return;
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) return error(place, "not a key=value line: " + in_quotes(line));
  std::string_view key = trim(line.substr(0, equals));
  ConfigEntry entry{{}, std::string(trim(line.substr(equals + 1))), key.ends_with('+'), place};
  if (entry.append) key = trim(key.substr(0, key.size() - 1));
  if (!is_key(key)) return error(place, "not a key: " + in_quotes(key));
  entry.key = canonical(lower(key));
  if (entry.value.empty()) return error(place, entry.key + " has no value");
  if (has_control_character(entry.value)) return error(place, entry.key + ": the value holds a control character");
  if (entry.key == "include" || entry.key == "opt_include" || entry.key == "opt_override") {
    follow(entry, into);
  } else {
    into.push_back(std::move(entry));
  }
}

void ConfigFileReader::follow(const ConfigEntry& entry, std::vector<ConfigEntry>& into) {
  const bool optional = entry.key != "include";
  const std::vector<std::string> paths = matches(entry);
  if (paths.empty() && !optional) return error(entry.place, "no file matches " + in_quotes(entry.value));
  for (const std::string& path : paths) {
    if (entry.key == "opt_override") {
      overrides_.push_back({path, entry.place, true});
    } else {
      read_file(path, entry.place, optional, into);
    }
  }
}

/// The files that an include line names: relative to the file that it stands in, sorted if it is a pattern.
std::vector<std::string> ConfigFileReader::matches(const ConfigEntry& entry) const {
  std::filesystem::path path = expand(entry.value, values_);
  if (path.is_relative()) path = std::filesystem::path(entry.place.file).parent_path() / path;
  std::error_code ignored;
  if (path.string().find_first_of("*?[") == std::string::npos || std::filesystem::exists(path, ignored)) {
    return {path.string()};
  }
  std::vector<std::string> out;
  glob_t found{};
  if (glob(path.c_str(), 0, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i) {
      if (!std::filesystem::is_directory(found.gl_pathv[i], ignored)) out.emplace_back(found.gl_pathv[i]);
    }
  }
  globfree(&found);
  return out;
}

void ConfigFileReader::read_overrides() {
  while (!overrides_.empty()) {
    const Override next = overrides_.front();
    overrides_.erase(overrides_.begin());
    struct stat status {};
    if (stat(next.path.c_str(), &status) == 0) {
      const FileId id{status.st_dev, status.st_ino};
      if (std::find(overrides_read_.begin(), overrides_read_.end(), id) != overrides_read_.end()) continue;
      overrides_read_.push_back(id);
    }
    std::vector<ConfigEntry> entries;
    read_file(next.path, next.place, next.optional, entries);
    merge(std::move(entries));
  }
}

/// An override's key takes the place of all values so far, unless each of its lines says +=.
void ConfigFileReader::merge(std::vector<ConfigEntry> entries) {
  std::vector<std::string> replaced;
  for (const ConfigEntry& entry : entries) {
    if (!entry.append) replaced.push_back(entry.key);
  }
  std::erase_if(entries_, [&replaced](const ConfigEntry& entry) {
    return std::find(replaced.begin(), replaced.end(), entry.key) != replaced.end();
  });
  entries_.insert(entries_.end(), std::make_move_iterator(entries.begin()), std::make_move_iterator(entries.end()));
}

}  // namespace kismet
