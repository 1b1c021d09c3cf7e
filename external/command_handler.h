#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "eventbus/event_bus.h"
#include "external/codec.h"
#include "external/frame_sender.h"
#include "external/helper_budgets.h"
#include "external/helper_services.h"
#include "external/helper_session.h"
#include "external/keep_alive.h"
#include "external/message_budget.h"
#include "external/request_table.h"
#include "external/session_status.h"

namespace kismet {

/// What a helper's commands do: one function each, whatever generation they came in.
/// Thread rule: all members run on the session's loop. Owned by the session.
class CommandHandler {
 public:
  struct Parts {
    HelperSession& session;
    HelperServices& services;
    Loop& loop;
    const SessionSettings& settings;
    SessionCounters& counters;
    FrameSender& sender;
    KeepAlive& keep_alive;
    RequestTable& table;
    HelperBudgets& budgets;
    std::function<void(SessionEnd::Kind, std::string)> end;
  };

  explicit CommandHandler(Parts parts);

  void handle(const wire::Decoded& decoded);
  /// What it hears of the event bus.
  void describe_events(SessionStatus& status) const;
  /// The session is over: nothing of it is called any more.
  void stop();

  void operator()(const wire::Message& message);
  void operator()(const wire::Ping& ping);
  void operator()(const wire::Pong& pong);
  void operator()(const wire::Shutdown& shutdown);
  void operator()(const wire::SystemRegister&) {}
  void operator()(const wire::EventbusRegister& registration);
  void operator()(const wire::EventbusPublish& publication);
  void operator()(const wire::HttpRegisterUri& registration);
  void operator()(const wire::HttpResponse& response);
  void operator()(const wire::HttpAuthRequest& request);
  void operator()(const wire::Unknown& unknown);
  // What only the daemon sends.
  void operator()(const wire::Event&) { ignore(name_); }
  void operator()(const wire::HttpRequest&) { ignore(name_); }
  void operator()(const wire::HttpRequestCancel&) { ignore(name_); }
  void operator()(const wire::HttpAuth&) { ignore(name_); }

 private:
  void end_subscription();
  void garbled(const wire::Decoded& decoded);
  void ignore(std::string_view command);
  void refuse_datasource(const wire::Unknown& command);
  void forward(const Event& event);
  void say(Severity severity, std::string_view text);

  Parts parts_;
  MessageBudget budget_;
  Subscription subscription_;
  std::vector<std::string> topics_;
  std::uint64_t lost_before_ = 0;  // Events that former subscriptions had no room for.
  std::size_t uris_ = 0;
  std::size_t garbled_in_a_row_ = 0;
  bool told_unknown_ = false;
  bool told_datasource_ = false;
  bool told_late_ = false;
  bool told_slow_ = false;

  // Of the command at hand.
  wire::Seqno seqno_;
  std::string_view name_;
};

}  // namespace kismet
