#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace kismet {

/// What the daemon answered.
struct CtlAnswer {
  unsigned status = 0;  // 0: nothing came; `body` says why.
  std::string body;

  bool good() const { return status >= 200 && status < 300; }
  /// Why not, for people.
  std::string reason() const;
};

/// Speaks HTTP with the daemon over its control socket, a connection a request. Blocks.
/// Thread rule: one thread at a time.
class CtlClient {
 public:
  explicit CtlClient(std::string path) : path_(std::move(path)) {}

  /// Whether there is a daemon that answers us; empty, or why not, for people.
  std::string check() const;
  CtlAnswer get(std::string_view target) const { return ask("GET", target, {}); }
  /// `json` goes as the form variable of that name.
  CtlAnswer post(std::string_view target, std::string_view json = "{}") const;
  /// Gives each line of an endless answer to `line`, until that returns false or the daemon goes away.
  CtlAnswer stream(std::string_view target, const std::function<bool(std::string_view line)>& line) const;
  /// The same for the messages of a websocket.
  CtlAnswer websocket(const std::string& target, const std::function<bool(std::string_view message)>& message) const;

  const std::string& path() const { return path_; }

 private:
  UniqueFd connect(std::string& fault) const;
  CtlAnswer ask(std::string_view method, std::string_view target, std::string_view body) const;

  const std::string path_;
};

/// For use in the path or query of a URL.
std::string percent_encode(std::string_view text);

}  // namespace kismet
