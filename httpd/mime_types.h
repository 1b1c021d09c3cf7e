#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

namespace kismet {

/// Which Content-Type goes with which extension. A value; not changed once the server runs.
class MimeTypes {
 public:
  /// The built-in table: what browsers are commonly sent.
  MimeTypes();

  /// Adds or replaces: `extension` without dot, any case.
  void set(std::string_view extension, std::string_view type);
  /// By the extension of the last segment of `path`; "application/octet-stream" if there is none that is known.
  std::string_view for_path(std::string_view path) const;
  /// The same, with `fallback` for what is not known.
  std::string_view for_path(std::string_view path, std::string_view fallback) const;

 private:
  std::unordered_map<std::string, std::string> types_;  // By lower-case extension.
};

}  // namespace kismet
