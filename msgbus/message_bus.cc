#include "msgbus/message_bus.h"

#include <mutex>
#include <utility>

#include "base/utf8.h"
#include "eventbus/event_bus.h"
#include "msgbus/message_text.h"
#include "msgbus/recent_messages.h"
#include "msgbus/source_ledger.h"

namespace kismet {

namespace {

constexpr std::string_view kDaemon = "kismet";
constexpr std::size_t kMaxSourceName = 128;

/// Whether the caller is being told of a message.
bool inside_message_event() {
  const Event* event = EventBus::delivering();
  return event != nullptr && (event->topic == "MESSAGE" || event->topic == "ALERT");
}

}  // namespace

struct MessageBus::Impl {
  Impl(const Clock& c, EventBus& e, const MessageBusSettings& s) : clock(c), events(e), settings(s) {}

  void post(Severity severity, const std::string& name, const std::string& text);
  std::uint64_t tell(Severity severity, std::string_view source, std::string text, std::uint32_t repeats);
  void tell_repeats(const std::string& name, MessageSource& source);
  void tell_lost(const std::string& name, MessageSource& source);

  const Clock& clock;
  EventBus& events;
  const MessageBusSettings settings;
  std::vector<Sink> sinks;

  std::mutex mutex;  // Guards what follows, and puts sinks and events in the messages' order.
  SourceLedger ledger{settings};
  RecentMessages recent{settings.keep};
  std::uint64_t last_seq = 0;
  std::function<void()> on_untold;
};

void MessageBus::Impl::post(Severity severity, const std::string& name, const std::string& text) {
  const SteadyTime now = clock.now();
  MessageSource& source = ledger.of(name, now, [this](const std::string& forgotten, MessageSource& s) {
    tell_repeats(forgotten, s);
    tell_lost(forgotten, s);
  });
  if (source.repeats(severity, text, now, settings)) {
    if (source.repeats_due(now)) tell_repeats(name, source);
    if (source.has_untold_repeats() && on_untold) on_untold();
    return;
  }
  tell_repeats(name, source);
  if (name != kDaemon && !source.spend(now, settings)) {
    if (on_untold) on_untold();
    return;
  }
  source.begin(severity, text, now);
  tell(severity, name, text, 1);
}

std::uint64_t MessageBus::Impl::tell(Severity severity, std::string_view source, std::string text,
                                     std::uint32_t repeats) {
  const Message message{severity, std::move(text), std::string(source), clock.wall_now(), ++last_seq, repeats};
  recent.add(message);
  for (const Sink& sink : sinks) sink(message);
  if (inside_message_event()) return message.seq;
  events.publish("MESSAGE", message_json(message));
  if (severity == Severity::alert && repeats == 1) events.publish("ALERT", alert_json(message));
  return message.seq;
}

void MessageBus::Impl::tell_repeats(const std::string& name, MessageSource& source) {
  if (!source.has_untold_repeats()) return;
  const std::string suffix =
      " (repeated " + std::to_string(source.said - 1) + (source.said == 2 ? " time)" : " times)");
  const std::string_view text =
      utf8_prefix(source.text, settings.max_text - std::min(settings.max_text, suffix.size()));
  recent.remove(source.repeat_seq);
  const std::uint64_t seq = tell(source.severity, name, std::string(text) + suffix, source.said);
  source.repeats_told(clock.now(), seq);
}

void MessageBus::Impl::tell_lost(const std::string& name, MessageSource& source) {
  if (source.lost == 0) return;
  const std::uint64_t lost = std::exchange(source.lost, 0);
  tell(Severity::error, name, std::to_string(lost) + " more messages of it are not shown: it says too much at once", 1);
}

MessageBus::MessageBus(const Clock& clock, EventBus& events, const MessageBusSettings& settings)
    : impl_(std::make_unique<Impl>(clock, events, settings)) {}

MessageBus::~MessageBus() = default;

void MessageBus::post(Severity severity, std::string_view source, std::string_view text) {
  const std::string name = message_line(source, kMaxSourceName);
  const std::string line = message_line(text, impl_->settings.max_text);
  const std::lock_guard lock(impl_->mutex);
  impl_->post(severity, name, line);
}

bool MessageBus::tick() {
  const std::lock_guard lock(impl_->mutex);
  const SteadyTime now = impl_->clock.now();
  bool more = false;
  for (auto& [name, source] : impl_->ledger.all()) {
    if (source.repeats_due(now)) impl_->tell_repeats(name, source);
    impl_->tell_lost(name, source);
    more = more || source.has_untold_repeats();
  }
  return more;
}

void MessageBus::on_untold(std::function<void()> callback) {
  const std::lock_guard lock(impl_->mutex);
  impl_->on_untold = std::move(callback);
}

void MessageBus::flush() {
  const std::lock_guard lock(impl_->mutex);
  for (auto& [name, source] : impl_->ledger.all()) {
    impl_->tell_repeats(name, source);
    impl_->tell_lost(name, source);
  }
}

void MessageBus::add_sink(Sink sink) {
  impl_->sinks.push_back(std::move(sink));
}

std::vector<Message> MessageBus::recent() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->recent.all();
}

}  // namespace kismet
