#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/async.h"
#include "external/helper_life.h"
#include "external/session_status.h"

namespace kismet {

/// How a helper's old process is replaced by its next one, and how that went before.
struct HelperSwapView {
  enum class State : std::uint8_t {
    none,
    starting,  // The next process has begun, and the old one serves.
    ending,    // The old process ends; then the next one begins.
  } state = State::none;
  WallTime since;            // Of a state other than none.
  std::size_t draining = 0;  // Old processes that still have requests open, or are ending.
  std::uint64_t done = 0;    // Since the daemon's start.
  std::uint64_t failed = 0;
  WallTime last_time;        // Of the last one that was done or failed.
  std::string last_trouble;  // Why it failed; empty if it did not.
};

constexpr std::string_view to_string(HelperSwapView::State state) {
  switch (state) {
    case HelperSwapView::State::none:
      return "none";
    case HelperSwapView::State::starting:
      return "starting";
    case HelperSwapView::State::ending:
      return "ending";
  }
  return "unknown";
}

class WireViewer;

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

/// A change of a helper's state, afterwards.
struct HelperMoment {
  WallTime time;
  HelperState state = HelperState::configured;
  std::string text;
};

/// What a helper said last.
struct HelperOutput {
  std::vector<std::string> lines;  // Oldest first.
  std::uint64_t last = 0;          // The number of the last line, of all that it has said since the daemon's start.
};

constexpr std::size_t kOpenRequestsShown = 1000;

/// A helper as others see it.
struct HelperView {
  HelperDefinition definition;
  HelperSnapshot snapshot;
  SessionStatus session;                   // Of its session; all empty while it has none.
  std::vector<OpenRequest> open_requests;  // view() alone: the oldest kOpenRequestsShown.
  std::vector<HelperMoment> history;       // The last changes of its state, oldest first.
  HelperSwapView swap;
};

/// What came of a command.
struct HelperOutcome {
  std::optional<HelperState> state;  // Right after the command; nothing if there is no such helper.
  std::string refusal;               // Why it was not done, for people.
  bool tried = false;                // reload(): it was begun; with a refusal, it did not work out.
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
  virtual Task<std::optional<HelperOutput>> output(std::string name) = 0;
  /// By hand: a stopped helper stays down until it is started by hand again.
  virtual Task<HelperOutcome> command(std::string name, HelperCommand command) = 0;
  /// Gives it another process of the same definition; the old one ends once the new one has taken its URIs over.
  virtual Task<HelperOutcome> reload(std::string name) = 0;
  /// Ends one request that is open; refused if it is not.
  virtual Task<HelperOutcome> end_request(std::string name, wire::RequestId id) = 0;
  /// From now on `viewer` sees the helper's frames, whichever process it is. False: there is no such helper.
  virtual Task<bool> watch_wire(std::string name, std::shared_ptr<WireViewer> viewer) = 0;
  virtual Task<void> unwatch_wire(std::string name, std::shared_ptr<WireViewer> viewer) = 0;
};

}  // namespace kismet
