#include "external/remote_door.h"

#include <utility>

#include "base/utf8.h"
#include "external/helper_report.h"
#include "external/remote_helper.h"

namespace kismet {

namespace {

constexpr std::size_t kShownName = 60;

std::string shown(const std::string& subsystem) {
  return '"' + to_valid_utf8(subsystem.substr(0, kShownName)) + (subsystem.size() > kShownName ? "...\"" : "\"");
}

/// What one is called that does not say: by where it comes from, with its port or without.
std::string name_by_place(const RemoteConnection& connection) {
  return (connection.kind == "websocket" ? "websocket:" : "tcp:") + connection.peer;
}

}  // namespace

RemoteDoor::RemoteDoor(Loop& loop, MessageBus& messages, const RemoteSettings& settings, Find find)
    : loop_(loop),
      messages_(messages),
      settings_(settings),
      find_(std::move(find)),
      refusals_(loop.deadlines(), settings.refusals_a_second,
                [this](std::uint64_t more) {
                  messages_.error("refused " + std::to_string(more) + " more connections of helpers");
                }),
      tasks_(loop.get_executor(), [this](const std::string& task, const std::string& what) {
        messages_.error("a task failed: " + task + ": " + what);
      }) {}

void RemoteDoor::enter(RemoteConnection connection) {
  assert_on(loop_);
  if (!has_room()) {
    refused(connection.text(), stopping_ ? "the daemon is stopping" : "too many have not said who they are");
    connection.transport->close();
    return;
  }
  const auto place = waiting_.insert(waiting_.end(), connection.transport.get());
  std::string task = "remote helper from " + connection.text();
  Task<void> work = identify(std::move(connection), place);
  tasks_.spawn(std::move(task), std::move(work));
}

Task<void> RemoteDoor::identify(RemoteConnection connection, Waiting::iterator place) {
  Transport& transport = **place;
  bool late = false;
  Deadline limit(loop_.deadlines(), [&late, &transport] {
    late = true;
    transport.close();
  });
  limit.set(settings_.identify_timeout);
  Task<std::string> reading = read_hello(connection, settings_.hello_limit);
  std::string fault = co_await std::move(reading);
  limit.clear();
  waiting_.erase(place);
  if (late) fault = "has not said who it is within " + in_seconds(settings_.identify_timeout);
  receive(std::move(connection), fault);
}

void RemoteDoor::receive(RemoteConnection connection, const std::string& fault) {
  if (stopping_) return connection.transport->close();
  if (RemoteHelper* helper = fault.empty() ? find(connection) : nullptr) {
    return helper->attach(std::move(connection));
  }
  std::string reason = fault;
  if (reason.empty() && connection.subsystem.empty()) {
    reason =
        "its first command did not say who it is, and no helper has the subsystem " + shown(name_by_place(connection));
  }
  if (reason.empty()) reason = "no helper has the subsystem " + shown(connection.subsystem);
  refused(connection.text(), reason);
  Task<void> farewell = dismiss(loop_, std::move(connection), reason, settings_.linger);
  tasks_.spawn("refusal", std::move(farewell));
}

RemoteHelper* RemoteDoor::find(const RemoteConnection& connection) const {
  if (!connection.subsystem.empty()) return find_(connection.subsystem);
  const std::string exact = name_by_place(connection);
  if (RemoteHelper* helper = find_(exact)) return helper;
  const bool has_port = connection.kind != "websocket";
  return has_port ? find_(exact.substr(0, exact.rfind(':'))) : nullptr;
}

void RemoteDoor::refused(const std::string& who, const std::string& why) {
  if (refusals_.allow()) messages_.error("refused a helper's connection from " + who + ": " + why);
}

Task<void> RemoteDoor::stop() {
  stopping_ = true;
  for (Transport* transport : waiting_) transport->close();
  co_await tasks_.drained();
}

}  // namespace kismet
