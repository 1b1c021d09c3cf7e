#include "external/helper_session.h"

#include <boost/asio/error.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "base/spill_space.h"
#include "base/task_group.h"
#include "base/turn.h"
#include "base/utf8.h"
#include "base/wakeup.h"
#include "external/codec.h"
#include "external/command_handler.h"
#include "external/frame_reader.h"
#include "external/frame_sender.h"
#include "external/helper_budgets.h"
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
        table(std::make_shared<RequestTable>(loop, definition.name, settings, sender, counters, wire::RequestId{},
                                             services.spill_space())),
        budgets(
            loop.deadlines(), settings, counters,
            [this] {
              return HelperBudgets::Requests{table->size(), counters.requests_refused};
            },
            [this](const BudgetNotice& notice) { budget_step(notice); }),
        commands({owner, services, loop, settings, counters, sender, keep_alive, *table, budgets,
                  [this](SessionEnd::Kind kind, std::string why) { end_with(kind, std::move(why)); }}),
        lingered(loop.deadlines(), [this] { end_with(SessionEnd::Kind::closed, not_read); }),
        tasks(loop.get_executor(), [this](const std::string& task, const std::string& what) { failed(task, what); }) {
    sender.note_in(notes);
  }

  Task<SessionEnd> run();
  Task<void> read_frames();
  Task<void> write_frames();
  void speak(wire::Generation generation);
  void take_frames();
  Task<void> wait_for_disk();
  Task<void> wait_for_budget();
  void take(const wire::Frame& frame);
  void show(const wire::Frame& frame, const wire::Decoded& decoded) const;
  void input_ended(const boost::system::error_code& ec);
  void wind_down();

  void end_with(SessionEnd::Kind kind, std::string why);
  void unresponsive();
  void budget_step(const BudgetNotice& notice);
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
  HelperBudgets budgets;
  FrameRing notes;
  CommandHandler commands;
  Deadline lingered;
  TaskGroup tasks;

  std::function<void()> on_first_frame;
  SteadyTime read_at{};  // When the frames at hand came.
  bool has_spoken = false;
  WireTap* tap = nullptr;
  bool stopping = false;
  std::string not_read;        // Why the helper can be told nothing more.
  bool not_its_doing = false;  // As in SessionEnd.
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
      if (!budgets.read(*count)) {
        in_a_row = 0;
        co_await wait_for_budget();
      }
      if (table->outruns_disk()) {
        in_a_row = 0;
        co_await wait_for_disk();
      }
      if (in_a_row >= settings.read_budget) {
        in_a_row = 0;
        co_await next_turn(loop.get_executor());
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
  read_at = loop.clock().now();
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

/// Its answers go to a disk that is slower than the helper: it goes on at the disk's pace, rather than use up the
/// memory in between. Not for long at a time: its other answers wait too.
Task<void> HelperSession::Impl::wait_for_disk() {
  constexpr std::chrono::milliseconds kMoment{1};
  BufferBudget& budget = services.spill_space()->budget();
  budget.counters().pauses.fetch_add(1, std::memory_order_relaxed);
  Wakeup wakeup(loop.get_executor());
  Deadline moment(loop.deadlines(), [&wakeup] { wakeup.notify(); });
  for (auto waited = kMoment; !ended && budget.congested() && waited <= budget.limits().pause; waited += kMoment) {
    moment.set(kMoment);
    co_await wakeup.wait();
  }
}

/// It has sent as much as it may in a second: its next write waits, as soon as its pipe is full.
Task<void> HelperSession::Impl::wait_for_budget() {
  constexpr std::chrono::milliseconds kMoment{10};
  Wakeup wakeup(loop.get_executor());
  Deadline moment(loop.deadlines(), [&wakeup] { wakeup.notify(); });
  while (!ended && budgets.holds_reading()) {
    moment.set(kMoment);
    co_await wakeup.wait();
  }
}

void HelperSession::Impl::take(const wire::Frame& frame) {
  ++counters.frames_in;
  if (!sender.codec()) speak(frame.generation);
  const wire::Decoded decoded = sender.codec()->decode(frame);
  const std::uint8_t command =
      decoded.problem.empty() ? static_cast<std::uint8_t>(decoded.command.index()) : FrameNote::kUnreadable;
  notes.add({FrameNote::Direction::in, command, decoded.seqno.value, frame.size, read_at});
  if (decoded.problem.empty()) ++counters.commands_in[decoded.command.index()];
  if (tap) show(frame, decoded);
  if (decoded.problem.empty() && !std::exchange(has_spoken, true)) {
    if (on_first_frame) std::exchange(on_first_frame, nullptr)();
    if (ended) return;
  }
  commands.handle(decoded);
}

void HelperSession::Impl::show(const wire::Frame& frame, const wire::Decoded& decoded) const {
  const char* const begin = frame.payload.data() - (frame.size - frame.payload.size());
  tap->frame({.direction = TappedFrame::Direction::in,
              .codec = *sender.codec(),
              .name = decoded.name,
              .seqno = decoded.seqno,
              .command = decoded.problem.empty() ? &decoded.command : nullptr,
              .problem = decoded.problem,
              .bytes = {begin, frame.size},
              .size = frame.size});
}

void HelperSession::Impl::input_ended(const boost::system::error_code& ec) {
  if (stopping) {
    end_with(SessionEnd::Kind::stopped, "");
  } else if (!not_read.empty()) {
    end_with(SessionEnd::Kind::closed, not_read);
  } else if (ec != net::error::eof) {
    not_its_doing = ec != net::error::connection_reset;
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
  not_its_doing = ec != net::error::broken_pipe && ec != net::error::connection_reset;
  keep_alive.stop();
  lingered.set(settings.linger);
}

void HelperSession::Impl::end_with(SessionEnd::Kind kind, std::string why) {
  if (ended) return;
  ended = SessionEnd{kind, std::move(why), not_its_doing && kind == SessionEnd::Kind::closed};
  lingered.clear();
  keep_alive.stop();
  budgets.stop();
  sender.close();
  transport->close();
}

void HelperSession::Impl::wind_down() {
  end_with(SessionEnd::Kind::closed, "");
  commands.stop();
  services.session_ended(owner);
  const bool on_purpose = stopping || ended->kind == SessionEnd::Kind::stopped;
  table->close(on_purpose ? ExchangeState::helper_stopped : ExchangeState::helper_gone);
}

void HelperSession::Impl::budget_step(const BudgetNotice& notice) {
  if (ended) return;
  services.budget(owner, notice);
  if (notice.step == BudgetStep::restart) {
    end_with(SessionEnd::Kind::over_budget, notice.text);
  } else {
    services.message(owner, Severity::error, notice.text);
  }
}

void HelperSession::Impl::unresponsive() {
  if (budgets.holds_reading()) return keep_alive.wait_on();  // Its PONG is there, and is not read.
  end_with(SessionEnd::Kind::unresponsive,
           "has not answered PING for " + std::to_string(keep_alive.limit().count()) + " ms");
}

void HelperSession::Impl::failed(const std::string& task, const std::string& what) {
  services.message(owner, Severity::error, "internal error in its " + task + ": " + what);
  not_its_doing = true;
  end_with(SessionEnd::Kind::closed, "internal error: " + what);
}

HelperSession::HelperSession(Loop& loop, std::unique_ptr<Transport> transport, HelperServices& services,
                             const HelperDefinition& definition, const SessionSettings& settings)
    : impl_(std::make_shared<Impl>(*this, loop, std::move(transport), services, definition, settings)) {}

HelperSession::~HelperSession() {
  impl_->end_with(SessionEnd::Kind::stopped, "");
  impl_->commands.stop();
  impl_->table->close(ExchangeState::helper_stopped);
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

void HelperSession::check_alive(std::chrono::milliseconds limit, std::function<void()> alive) {
  if (!impl_->ended && !impl_->stopping) impl_->keep_alive.check(limit, std::move(alive));
}

void HelperSession::watch(WireTap* tap) {
  impl_->tap = tap;
  impl_->sender.watch(tap);
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

SessionStatus HelperSession::status() const {
  SessionStatus status;
  impl_->commands.describe_events(status);
  status.frames_to_helper = impl_->sender.queued_frames();
  status.bytes_to_helper = impl_->sender.queued();
  status.answer_bytes = impl_->table->answer_bytes();
  return status;
}

std::vector<FrameNote> HelperSession::last_frames() const {
  return impl_->notes.last();
}

std::vector<OpenRequest> HelperSession::open_requests(std::size_t most) const {
  return impl_->table->open_requests(most);
}

bool HelperSession::end_request(wire::RequestId id) {
  return impl_->table->end_request(id);
}

std::string_view HelperSession::generation() const {
  return impl_->has_spoken ? to_string(impl_->sender.codec()->generation()) : std::string_view();
}

std::chrono::microseconds HelperSession::round_trip() const {
  return impl_->keep_alive.round_trip();
}

}  // namespace kismet
