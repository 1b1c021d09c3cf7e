#include "external/remote_helper.h"

#include <algorithm>
#include <utility>

#include "external/helper_budgets.h"
#include "external/helper_report.h"

namespace kismet {

namespace {

bool takes(HelperTransport wanted, std::string_view kind) {
  switch (wanted) {
    case HelperTransport::pipe:
      return false;
    case HelperTransport::tcp:
      return kind != "websocket";
    case HelperTransport::websocket:
      return kind == "websocket";
    case HelperTransport::remote:
      return true;
  }
  return false;
}

std::string_view expected_kind(HelperTransport transport) {
  return transport == HelperTransport::websocket ? "websocket" : "tcp";
}

/// The settings of a session over what `connection` is.
SessionSettings settings_for(const HelperDefinition& definition, const RemoteConnection& connection,
                             SessionSettings settings) {
  settings.ping_interval = definition.ping_interval.value_or(settings.ping_interval);
  settings.ping_timeout = definition.ping_timeout.value_or(settings.ping_timeout);
  settings.send_frame_limit = std::min(settings.send_frame_limit, connection.frame_limit);
  settings.small_frame_limit = std::min(settings.small_frame_limit, connection.frame_limit);
  return with_budgets(definition, settings);
}

/// Whether an end is the helper's fault, or the way's.
bool is_failure(SessionEnd::Kind kind) {
  return kind == SessionEnd::Kind::protocol_error || kind == SessionEnd::Kind::unresponsive ||
         kind == SessionEnd::Kind::over_budget;
}

std::string text_of(const SessionEnd& end) {
  switch (end.kind) {
    case SessionEnd::Kind::protocol_error:
      return "broke the protocol: " + end.detail;
    case SessionEnd::Kind::unresponsive:
      return "was lost: " + end.detail;
    case SessionEnd::Kind::over_budget:
      return "used too much: " + end.detail;
    case SessionEnd::Kind::shutdown_by_helper:
      return end.detail.empty() ? "has left, as it announced" : "has left: " + end.detail;
    case SessionEnd::Kind::closed:
      return "has left: " + (end.detail.empty() ? "its connection ended" : end.detail);
    case SessionEnd::Kind::stopped:
      break;
  }
  return "was disconnected";
}

}  // namespace

std::string_view to_string(HelperTransport transport) {
  switch (transport) {
    case HelperTransport::pipe:
      return "pipe";
    case HelperTransport::tcp:
      return "tcp";
    case HelperTransport::websocket:
      return "websocket";
    case HelperTransport::remote:
      return "remote";
  }
  return "unknown";
}

RemoteHelper::RemoteHelper(Loop& loop, HelperDefinition definition, Parts parts)
    : loop_(loop),
      definition_(std::move(definition)),
      parts_(std::move(parts)),
      state_(definition_.enabled ? HelperState::configured : HelperState::disabled),
      refusals_(loop.deadlines(), parts_.remote.refusals_a_second,
                [this](std::uint64_t more) {
                  post(Severity::error, "refused " + std::to_string(more) + " more connections with its name");
                }),
      grace_(loop.deadlines(),
             [this] {
               if (session_) session_->close();
             }),
      tasks_(loop.get_executor(), [this](const std::string& task, const std::string& what) {
        parts_.messages.error("a task failed: " + task + ": " + what);
      }) {
  known_.name = definition_.name;
  known_.transport = expected_kind(definition_.transport);
  known_.state_since = loop.clock().wall_now();
}

RemoteHelper::~RemoteHelper() = default;

const std::string& RemoteHelper::subsystem() const {
  return subsystem_of(definition_);
}

void RemoteHelper::start() {
  assert_on(loop_);
  if (state_ == HelperState::stopping) {
    start_wanted_ = true;
  } else if (!session_ && state_ != HelperState::waiting && state_ != HelperState::gone) {
    go(HelperState::waiting);
    post(Severity::info, "waits for its connection");
  }
}

void RemoteHelper::request_stop(std::string_view reason) {
  assert_on(loop_);
  start_wanted_ = false;
  if (session_) {
    disconnect(reason);
  } else if (state_ != HelperState::stopped && state_ != HelperState::disabled) {
    go(HelperState::stopped);
    tell(HelperChange::Kind::stopped, "stopped");
  }
}

void RemoteHelper::restart() {
  assert_on(loop_);
  if (session_) disconnect("restarted");
  start();
}

void RemoteHelper::disconnect(std::string_view reason) {
  if (state_ == HelperState::stopping) return;
  go(HelperState::stopping);
  tell(HelperChange::Kind::stopping, std::string(reason));
  session_->shutdown(reason);
  grace_.set(parts_.settings.shutdown_grace);
}

void RemoteHelper::attach(RemoteConnection connection) {
  assert_on(loop_);
  const std::string reason = refusal_of(connection);
  if (!reason.empty()) {
    refuse(std::move(connection), reason);
  } else if (session_) {
    challenge(std::move(connection));
  } else {
    begin(std::move(connection));
  }
}

std::string RemoteHelper::refusal_of(const RemoteConnection& connection) const {
  if (!takes(definition_.transport, connection.kind)) {
    return "helper " + name() + " is to connect over " + std::string(expected_kind(definition_.transport));
  }
  const std::string& wanted = definition_.client_certificate;
  const std::vector<std::string> names = connection.transport->peer_names();
  if (!wanted.empty() && std::find(names.begin(), names.end(), wanted) == names.end()) {
    return "helper " + name() + " needs a certificate of the name " + wanted;
  }
  switch (state_) {
    case HelperState::waiting:
    case HelperState::gone:
    case HelperState::starting:
    case HelperState::ready:
      break;
    default:
      return "helper " + name() + " is " + std::string(to_string(state_));
  }
  return challenger_ ? "another connection asks for the name " + name() + " already" : "";
}

void RemoteHelper::refuse(RemoteConnection connection, const std::string& reason) {
  if (refusals_.allow()) post(Severity::error, "refused the connection from " + connection.text() + ": " + reason);
  Task<void> farewell = dismiss(loop_, std::move(connection), reason, parts_.remote.linger);
  tasks_.spawn("refusal of " + name(), std::move(farewell));
}

/// Two have the same name: the first keeps it if it is there.
void RemoteHelper::challenge(RemoteConnection connection) {
  challenger_ = std::move(connection);
  const auto alive = [this] {
    if (!challenger_) return;
    RemoteConnection other = std::move(*challenger_);
    challenger_.reset();
    refuse(std::move(other), "the name " + name() + " is in use by " + known_.peer);
  };
  session_->check_alive(parts_.remote.check_timeout, alive);
}

void RemoteHelper::begin(RemoteConnection connection) {
  const SessionSettings settings = settings_for(definition_, connection, parts_.settings.session);
  known_.transport = connection.kind;
  known_.peer = connection.peer;
  ++known_.starts;
  known_.started_at = loop_.clock().wall_now();
  connected_at_ = loop_.clock().now();
  go(HelperState::starting);
  session_ =
      std::make_unique<HelperSession>(loop_, std::move(connection.transport), parts_.services, definition_, settings);
  session_->on_first_frame([this] { spoke(); });
  tell(HelperChange::Kind::started, "connected from " + connection.text());
  post(Severity::info, "connected from " + connection.text());
  tasks_.spawn("helper " + name(), serve());
}

void RemoteHelper::spoke() {
  if (state_ != HelperState::starting) return;
  go(HelperState::ready);
  known_.ever_ready = true;
  tell(HelperChange::Kind::ready, "is ready");
}

Task<void> RemoteHelper::serve() {
  const SessionEnd end = co_await session_->run();
  known_.counters = session_->counters();
  known_.requests_total += known_.counters.requests;
  std::vector<FrameNote> frames = session_->last_frames();
  known_.generation = session_->generation();
  session_.reset();
  grace_.clear();
  ended(end, std::move(frames));
}

void RemoteHelper::ended(const SessionEnd& end, std::vector<FrameNote> frames) {
  const bool asked = state_ == HelperState::stopping;
  const auto ran_for = std::chrono::duration_cast<std::chrono::milliseconds>(loop_.clock().now() - connected_at_);
  const std::string text = asked ? "was disconnected" : text_of(end);
  known_.last_exit = text + " after " + in_seconds(ran_for);
  known_.peer.clear();
  if (!asked && is_failure(end.kind)) {
    ++known_.failures;
    HelperReport report;
    report.time = loop_.clock().wall_now();
    report.ran_for = ran_for;
    report.summary = known_.last_exit;
    report.session = end.detail;
    report.frames = std::move(frames);
    report.ended = loop_.clock().now();
    known_.last_report = std::make_shared<const HelperReport>(std::move(report));
    post(Severity::error, known_.last_exit + "; it may connect again");
  } else {
    post(Severity::info, known_.last_exit);
  }
  std::optional<RemoteConnection> next = std::exchange(challenger_, std::nullopt);
  if (asked && !start_wanted_) {
    go(HelperState::stopped);
    tell(HelperChange::Kind::exited, known_.last_exit);
    tell(HelperChange::Kind::stopped, "stopped");
  } else {
    go(std::exchange(start_wanted_, false) ? HelperState::waiting : HelperState::gone);
    tell(HelperChange::Kind::exited, known_.last_exit);
  }
  if (next) attach(std::move(*next));
}

HelperSnapshot RemoteHelper::snapshot() const {
  HelperSnapshot now = known_;
  now.state = state_;
  if (!session_) return now;
  now.counters = session_->counters();
  now.requests_total += now.counters.requests;
  now.generation = session_->generation();
  now.round_trip = session_->round_trip();
  now.open_exchanges = session_->open_exchanges();
  return now;
}

void RemoteHelper::go(HelperState state) {
  state_ = state;
  known_.state_since = loop_.clock().wall_now();
}

void RemoteHelper::tell(HelperChange::Kind kind, std::string text) {
  if (on_change_) on_change_(*this, {kind, std::move(text), {}});
}

void RemoteHelper::post(Severity severity, std::string_view text) {
  parts_.messages.post(severity, "kismet", "helper " + name() + ": " + std::string(text));
}

}  // namespace kismet
