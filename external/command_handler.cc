#include "external/command_handler.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "base/utf8.h"
#include "external/datasource_commands.h"

namespace kismet {

namespace {

Severity severity_of(std::uint32_t type) {
  for (const Severity known : {Severity::debug, Severity::info, Severity::error, Severity::alert, Severity::fatal}) {
    if (type == static_cast<std::uint32_t>(known)) return known;
  }
  return Severity::info;
}

bool is_one_character(std::string_view text) {
  const auto continues = [](char c) { return (c & 0xC0) == 0x80; };
  return !text.empty() && !continues(text.front()) && std::all_of(text.begin() + 1, text.end(), continues);
}

/// A name that a peer has registered letter by letter, or an empty string.
std::string rejoined(const std::vector<std::string>& topics) {
  if (topics.size() < 2 || !std::all_of(topics.begin(), topics.end(), is_one_character)) return {};
  std::string name;
  for (const std::string& letter : topics) name += letter;
  return name;
}

std::string quoted(std::string_view text) {
  constexpr std::size_t kShown = 60;
  std::string shown = to_valid_utf8(text.substr(0, kShown));
  return '"' + shown + (text.size() > kShown ? "...\"" : "\"");
}

std::string name_of(const wire::Unknown& command) {
  return command.command.empty() ? "number " + std::to_string(command.type) : std::string(command.command);
}

}  // namespace

CommandHandler::CommandHandler(Parts parts)
    : parts_(std::move(parts)),
      budget_(parts_.loop.deadlines(), parts_.settings.messages_a_second, [this](std::uint64_t suppressed) {
        parts_.counters.messages_suppressed += suppressed;
        parts_.services.message(parts_.session, Severity::error, std::to_string(suppressed) + " messages suppressed");
      }) {}

void CommandHandler::handle(const wire::Decoded& decoded) {
  if (!decoded.problem.empty()) return garbled(decoded);
  garbled_in_a_row_ = 0;
  seqno_ = decoded.seqno;
  name_ = decoded.name;
  std::visit(*this, decoded.command);
}

void CommandHandler::describe_events(SessionStatus& status) const {
  status.topics = topics_;
  status.events_delivered = parts_.counters.events_sent;
  status.events_dropped = parts_.counters.events_dropped + lost_before_;
  if (!subscription_) return;
  const SubscriptionCounters counters = subscription_.counters();
  status.events_dropped += counters.dropped;
  status.events_lag = counters.queued;
}

void CommandHandler::end_subscription() {
  if (subscription_) lost_before_ += subscription_.counters().dropped;
  subscription_ = {};
  topics_.clear();
}

void CommandHandler::stop() {
  end_subscription();
  budget_.flush();
}

void CommandHandler::operator()(const wire::Message& message) {
  ++parts_.counters.messages;
  parts_.budgets.message();
  say(severity_of(message.type), message.text);
}

void CommandHandler::operator()(const wire::Ping&) {
  parts_.keep_alive.pinged(seqno_);
}

void CommandHandler::operator()(const wire::Pong& pong) {
  parts_.sender.ponged(pong.ping);
  parts_.keep_alive.ponged(pong.ping);
}

void CommandHandler::operator()(const wire::Shutdown& shutdown) {
  parts_.end(SessionEnd::Kind::shutdown_by_helper, to_valid_utf8(shutdown.reason));
}

void CommandHandler::operator()(const wire::EventbusRegister& registration) {
  std::vector<std::string> topics(registration.events.begin(), registration.events.end());
  if (topics.size() > parts_.settings.event_topics) {
    say(Severity::error, "registers " + std::to_string(topics.size()) + " events, of which the first " +
                             std::to_string(parts_.settings.event_topics) + " count");
    topics.resize(parts_.settings.event_topics);
  }
  if (parts_.sender.codec()->quirks().splits_event_names) {
    std::string name = rejoined(topics);
    if (!name.empty()) topics.push_back(std::move(name));
  }
  end_subscription();
  if (topics.empty()) return;
  topics_ = topics;
  subscription_ =
      parts_.services.subscribe(parts_.session, std::move(topics), [this](const EventPtr& event) { forward(*event); });
}

void CommandHandler::forward(const Event& event) {
  const std::string repaired = is_valid_utf8(event.json) ? std::string() : to_valid_utf8(event.json);
  const std::string_view json = repaired.empty() ? std::string_view(event.json) : repaired;
  const Sent sent = parts_.sender.send(wire::Event{json}, Importance::droppable);
  if (sent == Sent::queued) {
    ++parts_.counters.events_sent;
  } else if (sent == Sent::closed) {
    end_subscription();  // It is being ended, or has stopped listening: nobody loses anything.
  } else {
    ++parts_.counters.events_dropped;
    if (!std::exchange(told_slow_, true)) {
      say(Severity::error, "does not take event " + quoted(event.topic) + "; such events are dropped and counted");
    }
  }
}

void CommandHandler::operator()(const wire::EventbusPublish& publication) {
  if (!parts_.budgets.event()) {
    ++parts_.counters.events_refused;
    return;
  }
  const std::string refusal = parts_.services.publish(parts_.session, publication.type, publication.content_json);
  if (refusal.empty()) {
    ++parts_.counters.events_published;
  } else {
    say(Severity::error, "cannot publish event " + quoted(publication.type) + ": " + refusal);
  }
}

void CommandHandler::operator()(const wire::HttpRegisterUri& registration) {
  std::string refusal = "it has registered " + std::to_string(uris_) + " already";
  if (uris_ < parts_.settings.uris) {
    refusal = parts_.services.register_uri(parts_.session, registration.method, registration.uri);
  }
  if (refusal.empty()) {
    ++uris_;
  } else {
    say(Severity::error,
        "cannot register " + quoted(registration.method) + " " + quoted(registration.uri) + ": " + refusal);
  }
}

void CommandHandler::operator()(const wire::HttpResponse& response) {
  switch (parts_.table.answer(response)) {
    case RequestTable::Verdict::taken:
      return;
    case RequestTable::Verdict::late:
      if (!std::exchange(told_late_, true)) {
        say(Severity::debug, "answers request " + std::to_string(response.id.value) +
                                 ", which has ended; such answers are dropped and counted");
      }
      return;
    case RequestTable::Verdict::never_asked:
      parts_.end(SessionEnd::Kind::protocol_error,
                 "answers request " + std::to_string(response.id.value) + ", which was never made");
      return;
  }
}

void CommandHandler::operator()(const wire::HttpAuthRequest&) {
  const std::string token = parts_.services.token(parts_.session);
  parts_.sender.send(wire::HttpAuth{token}, Importance::kept);
}

void CommandHandler::operator()(const wire::Unknown& unknown) {
  if (is_datasource_command(unknown)) return refuse_datasource(unknown);
  ignore(name_of(unknown));
}

void CommandHandler::refuse_datasource(const wire::Unknown& command) {
  ++parts_.counters.datasource_commands;
  if (!std::exchange(told_datasource_, true)) {
    say(Severity::error, "sent command " + quoted(name_of(command)) + ": " + std::string(kNoCapture));
  }
}

void CommandHandler::garbled(const wire::Decoded& decoded) {
  ++parts_.counters.garbled_commands;
  const std::string what = (decoded.name.empty() ? "a command" : "command " + quoted(decoded.name)) +
                           " that cannot be read: " + decoded.problem;
  if (++garbled_in_a_row_ >= parts_.settings.garbled_limit) {
    parts_.end(SessionEnd::Kind::protocol_error,
               std::to_string(garbled_in_a_row_) + " unreadable commands in a row, the last " + what);
  } else {
    say(Severity::error, "sent " + what);
  }
}

void CommandHandler::ignore(std::string_view command) {
  ++parts_.counters.unknown_commands;
  if (!std::exchange(told_unknown_, true)) {
    say(Severity::debug,
        "sent command " + quoted(command) + ", which is not for a helper to send or not known; ignored");
  }
}

void CommandHandler::say(Severity severity, std::string_view text) {
  if (budget_.allow()) parts_.services.message(parts_.session, severity, text);
}

}  // namespace kismet
