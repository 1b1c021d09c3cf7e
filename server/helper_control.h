#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/async.h"
#include "external/supervisor.h"

namespace kismet {

enum class HelperCommand : std::uint8_t { start, stop, restart };

constexpr std::string_view to_string(HelperCommand command) {
  switch (command) {
    case HelperCommand::start:
      return "start";
    case HelperCommand::stop:
      return "stop";
    case HelperCommand::restart:
      return "restart";
  }
  return "unknown";
}

/// A helper as others see it.
struct HelperView {
  HelperDefinition definition;
  HelperSnapshot snapshot;
};

/// What came of a command.
struct HelperOutcome {
  std::optional<HelperState> state;  // Right after the command; nothing if there is no such helper.
  std::string refusal;               // Why it was not done, for people.
};

/// What people and programs may know of the helpers, and do to them, while the daemon runs.
/// Thread rule: all members on the first loop. Owned by the composition root; outlives what it was asked.
class HelperControl {
 public:
  virtual ~HelperControl() = default;

  /// All of them now, in the order of the configuration.
  virtual Task<std::vector<HelperView>> views() = 0;
  /// One of them; nothing if there is none of that name.
  virtual Task<std::optional<HelperView>> view(std::string name) = 0;
  /// What that one said last, oldest line first.
  virtual Task<std::optional<std::vector<std::string>>> output(std::string name) = 0;
  /// By hand: a stopped helper stays down until it is started by hand again.
  virtual Task<HelperOutcome> command(std::string name, HelperCommand command) = 0;
};

}  // namespace kismet
