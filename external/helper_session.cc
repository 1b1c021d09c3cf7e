#include "external/helper_session.h"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "base/task_group.h"
#include "base/utf8.h"
#include "external/codec.h"
#include "external/command_handler.h"
#include "external/frame_reader.h"
#include "external/frame_sender.h"
#include "external/keep_alive.h"
#include "external/request_table.h"

namespace kismet {

namespace {

std::optional<wire::Generation> forced_by(WireChoice choice) {
  switch (choice) {
    case WireChoice::automatic:
      return std::nullopt;
    case WireChoice::v0:
      return wire::Generation::v0;
    case WireChoice::v2:
      return wire::Generation::v2;
    case WireChoice::v3:
      return wire::Generation::v3;
  }
  return std::nullopt;
}

}  // namespace

/// The parts of a session and its two coroutines, which keep it alive.
struct HelperSession::Impl {
  Impl(HelperSession& session, Loop& on, std::unique_ptr<Transport> over, HelperServices& given,
       const HelperDefinition& defined, const SessionSettings& limits)
      : owner(session),
        loop(on),
        transport(std::move(over)),
        services(given),
        definition(defined),
        settings(limits),
        reader(settings.read_buffer, settings.frame_limit, forced_by(definition.wire)),
        sender(loop, *transport, settings, counters),
        keep_alive(loop, sender, settings, [this] { unresponsive(); }),
        table(std::make_shared<RequestTable>(loop, definition.name, settings, sender, counters)),
        commands({owner, services, loop, settings, counters, sender, keep_alive, *table,
                  [this](SessionEnd::Kind kind, std::string why) { end_with(kind, std::move(why)); }}),
        lingered(loop.deadlines(), [this] { end_with(SessionEnd::Kind::closed, not_read); }),
        tasks(loop.get_executor(), [this](const std::string& task, const std::string& what) { failed(task, what); }) {}

  Task<SessionEnd> run();
  Task<void> read_frames();
  Task<void> write_frames();
  void speak(wire::Generation generation);
  void take_frames();
  void take(const wire::Frame& frame);
  void input_ended(const boost::system::error_code& ec);
  void wind_down();

  void end_with(SessionEnd::Kind kind, std::string why);
  void unresponsive();
  void failed(const std::string& task, const std::string& what);

  HelperSession& owner;
  Loop& loop;
  const std::unique_ptr<Transport> transport;
  HelperServices& services;
  const HelperDefinition definition;
  const SessionSettings settings;
  SessionCounters counters;
  FrameReader reader;
  FrameSender sender;
  KeepAlive keep_alive;
  const std::shared_ptr<RequestTable> table;
  CommandHandler commands;
  Deadline lingered;
  TaskGroup tasks;

  std::function<void()> on_first_frame;
  bool has_spoken = false;
  bool stopping = false;
  std::string not_read;  // Why the helper can be told nothing more.
  std::optional<SessionEnd> ended;
};

Task<SessionEnd> HelperSession::Impl::run() {
  if (const auto forced = forced_by(definition.wire)) speak(*forced);
  tasks.spawn("writer", write_frames());
  try {
    co_await read_frames();
  } catch (const std::exception& e) {
    failed("reader", e.what());
  }
  wind_down();
  co_await tasks.drained();
  co_return *ended;
}

void HelperSession::Impl::speak(wire::Generation generation) {
  sender.speak(wire::codec_of(generation));
  keep_alive.start();
}

Task<void> HelperSession::Impl::read_frames() {
  std::size_t in_a_row = 0;
  while (!ended) {
    const std::span<char> space = reader.space();
    const auto count = transport->read_some(space);
    if (count) {
      counters.bytes_in += *count;
      reader.commit(*count);
      take_frames();
      in_a_row += *count;
      if (in_a_row >= settings.read_budget) {
        in_a_row = 0;
        co_await net::post(loop.get_executor(), use_task);
      }
      if (*count == space.size()) continue;  // There may be more at once.
    } else if (count.error() != net::error::would_block) {
      input_ended(count.error());
      continue;
    }
    if (ended) break;
    in_a_row = 0;
    const boost::system::error_code ec = co_await transport->wait_readable();
    if (ec && !ended) input_ended(ec);
  }
}

void HelperSession::Impl::take_frames() {
  while (!ended) {
    const wire::Parsed parsed = reader.next();
    if (const auto* frame = std::get_if<wire::Frame>(&parsed)) {
      take(*frame);
    } else if (const auto* broken = std::get_if<wire::Broken>(&parsed)) {
      end_with(SessionEnd::Kind::protocol_error, broken->why);
    } else {
      break;
    }
  }
  table->flush();
}

void HelperSession::Impl::take(const wire::Frame& frame) {
  ++counters.frames_in;
  if (!sender.codec()) speak(frame.generation);
  const wire::Decoded decoded = sender.codec()->decode(frame);
  if (decoded.problem.empty() && !std::exchange(has_spoken, true)) {
    if (on_first_frame) std::exchange(on_first_frame, nullptr)();
    if (ended) return;
  }
  commands.handle(decoded);
}

void HelperSession::Impl::input_ended(const boost::system::error_code& ec) {
  if (stopping) {
    end_with(SessionEnd::Kind::stopped, "");
  } else if (!not_read.empty()) {
    end_with(SessionEnd::Kind::closed, not_read);
  } else if (ec != net::error::eof) {
    end_with(SessionEnd::Kind::closed, "cannot be read: " + ec.message());
  } else if (reader.pending() > 0) {
    end_with(SessionEnd::Kind::protocol_error,
             "closed its output " + std::to_string(reader.pending()) + " bytes into a frame");
  } else {
    end_with(SessionEnd::Kind::closed, "closed its output");
  }
}

Task<void> HelperSession::Impl::write_frames() {
  const boost::system::error_code ec = co_await sender.run();
  if (!ec || ended) co_return;
  // It reads no more, but may have said why: its last words are waited for, not for long.
  not_read = "does not read any more: " + ec.message();
  keep_alive.stop();
  lingered.set(settings.linger);
}

void HelperSession::Impl::end_with(SessionEnd::Kind kind, std::string why) {
  if (ended) return;
  ended = SessionEnd{kind, std::move(why)};
  lingered.clear();
  keep_alive.stop();
  sender.close();
  transport->close();
}

void HelperSession::Impl::wind_down() {
  end_with(SessionEnd::Kind::closed, "");
  commands.stop();
  services.session_ended(owner);
  table->close();
}

void HelperSession::Impl::unresponsive() {
  end_with(SessionEnd::Kind::unresponsive,
           "has not answered PING for " + std::to_string(settings.ping_timeout.count()) + " ms");
}

void HelperSession::Impl::failed(const std::string& task, const std::string& what) {
  services.message(owner, Severity::error, "internal error in its " + task + ": " + what);
  end_with(SessionEnd::Kind::closed, "internal error: " + what);
}

HelperSession::HelperSession(Loop& loop, std::unique_ptr<Transport> transport, HelperServices& services,
                             const HelperDefinition& definition, const SessionSettings& settings)
    : impl_(std::make_shared<Impl>(*this, loop, std::move(transport), services, definition, settings)) {}

HelperSession::~HelperSession() {
  impl_->end_with(SessionEnd::Kind::stopped, "");
  impl_->commands.stop();
  impl_->table->close();
}

Task<SessionEnd> HelperSession::run() {
  const std::shared_ptr<Impl> impl = impl_;
  co_return co_await impl->run();
}

void HelperSession::on_first_frame(std::function<void()> callback) {
  impl_->on_first_frame = std::move(callback);
}

void HelperSession::shutdown(std::string_view reason) {
  if (impl_->ended || std::exchange(impl_->stopping, true)) return;
  impl_->keep_alive.stop();
  impl_->sender.drop_unsent();
  impl_->sender.send(wire::Shutdown{to_valid_utf8(reason)}, Importance::urgent);
  impl_->sender.finish();
}

void HelperSession::close() {
  impl_->end_with(SessionEnd::Kind::stopped, "");
}

Loop& HelperSession::loop() {
  return impl_->loop;
}

const std::string& HelperSession::name() const {
  return impl_->definition.name;
}

const HelperDefinition& HelperSession::definition() const {
  return impl_->definition;
}

std::shared_ptr<HelperHandle> HelperSession::handle() const {
  return impl_->table;
}

SessionCounters HelperSession::counters() const {
  SessionCounters counters = impl_->counters;
  counters.late_heads = impl_->table->late_heads();
  return counters;
}

std::size_t HelperSession::open_exchanges() const {
  return impl_->table->size();
}

std::string_view HelperSession::generation() const {
  return impl_->has_spoken ? to_string(impl_->sender.codec()->generation()) : std::string_view();
}

std::chrono::microseconds HelperSession::round_trip() const {
  return impl_->keep_alive.round_trip();
}

}  // namespace kismet
