#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <string>

#include "base/loop.h"
#include "base/task_group.h"
#include "external/message_budget.h"
#include "external/remote_connection.h"
#include "external/remote_settings.h"
#include "msgbus/message_bus.h"

namespace kismet {

class RemoteHelper;

/// Where helpers that connect by themselves come in, over whatever transport: each has a little time and few bytes to
/// say who it is, and goes to the helper of that name. One that says nothing, or nonsense, costs little.
/// Thread rule: all members run on `loop`. Owned by the composition root, which awaits stop() before it destroys it.
class RemoteDoor {
 public:
  /// The helper that calls itself so; null if none is defined.
  using Find = std::function<RemoteHelper*(const std::string& subsystem)>;

  RemoteDoor(Loop& loop, MessageBus& messages, const RemoteSettings& settings, Find find);
  RemoteDoor(const RemoteDoor&) = delete;
  RemoteDoor& operator=(const RemoteDoor&) = delete;

  void enter(RemoteConnection connection);
  /// Whether one more may come in before it has said who it is.
  bool has_room() const { return !stopping_ && waiting_.size() < settings_.unidentified; }
  /// Turns away a connection that was not let in.
  void refused(const std::string& who, const std::string& why);
  /// Lets nobody in any more, and closes what has not said who it is.
  Task<void> stop();

  Loop& loop() { return loop_; }

 private:
  using Waiting = std::list<Transport*>;
  Task<void> identify(RemoteConnection connection, Waiting::iterator place);
  void receive(RemoteConnection connection, const std::string& fault);
  RemoteHelper* find(const RemoteConnection& connection) const;

  Loop& loop_;
  MessageBus& messages_;
  const RemoteSettings settings_;
  const Find find_;
  Waiting waiting_;  // Those that have not said who they are.
  bool stopping_ = false;
  MessageBudget refusals_;
  TaskGroup tasks_;
};

}  // namespace kismet
