#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/loop.h"
#include "external/budget.h"
#include "external/exchange.h"
#include "external/frame_ring.h"
#include "external/helper_definition.h"
#include "external/helper_services.h"
#include "external/session_status.h"
#include "external/transport.h"
#include "external/wire_tap.h"

namespace kismet {

/// Limits of one helper's session. Each is a setting of conf/kismet.conf.
struct SessionSettings {
  std::size_t frame_limit = 1024 * 1024;           // Bytes of a frame from the helper, header included; >= 16384.
  std::size_t send_frame_limit = 1024 * 1024;      // Bytes of a frame to the helper, header included.
  std::size_t small_frame_limit = 16'383;          // The same, to a generation of which some peers hold no more.
  std::size_t read_buffer = 256 * 1024;            // Bytes read at a time.
  std::size_t read_budget = 1024 * 1024;           // Bytes read in a row before others on the loop have their turn.
  std::size_t send_queue_limit = 4 * 1024 * 1024;  // Bytes that may wait to be written to the helper.
  std::size_t send_queue_reserve = 1024 * 1024;    // Bytes beyond it for what must not be lost (PONG, cancels, ...).
  std::size_t open_exchanges = 10'000;             // Requests that may be open at a time.
  std::size_t answer_limit = 1024 * 1024 * 1024;   // Bytes of one answer that may wait for its client.
  std::size_t head_limit = 64 * 1024;              // Bytes of one answer's headers; what is over is dropped as late.
  std::size_t uris = 10'000;                       // URIs that it may register.
  std::size_t event_topics = 1'000;                // Entries that an event registration may have.
  std::size_t messages_a_second = 50;              // Lines on the message bus; more are counted and the count is said.
  std::size_t events_a_second = 0;                 // Events that it publishes; more are refused and counted. 0 = any.
  std::size_t bytes_a_second = 0;                  // Read from it; over them its next write waits. 0 = any.
  double budget_warning = 0.8;                     // The part of a budget from which on its use is told.
  std::chrono::milliseconds budget_patience{60'000};  // Over a budget without pause for so long: ended. 0 = never.
  std::size_t garbled_limit = 10;                     // Unreadable commands in a row that end the session.
  std::chrono::milliseconds ping_interval{5'000};     // Between our PINGs once the helper has spoken; 0 = none.
  std::chrono::milliseconds ping_timeout{15'000};     // A PING without PONG for this long ends the session; 0 = never.
  std::chrono::milliseconds linger{1'000};            // For its last words, once it no longer reads.
};

/// Why a session ended.
struct SessionEnd {
  enum class Kind : std::uint8_t {
    closed,
    shutdown_by_helper,
    protocol_error,
    unresponsive,
    over_budget,
    stopped
  } kind = Kind::closed;
  std::string detail;          // For people: "bad signature 0x00112233 at byte 1034".
  bool not_its_doing = false;  // The transport failed, or the daemon itself did.
};

/// What a session has counted; all since its start.
struct SessionCounters {
  std::uint64_t frames_in = 0, frames_out = 0, bytes_in = 0, bytes_out = 0;
  std::uint64_t unknown_commands = 0, garbled_commands = 0, late_answers = 0, late_heads = 0;
  std::uint64_t requests = 0, cancels = 0, events_sent = 0, events_dropped = 0, events_published = 0, messages = 0;
  std::uint64_t messages_suppressed = 0;
  std::uint64_t requests_refused = 0, events_refused = 0;  // Over a budget.
  /// Seconds in which it came near a budget, or was over it, by BudgetKind.
  std::array<std::uint64_t, kBudgetKinds> budget_warnings{}, budget_throttles{};
  std::uint64_t datasource_commands = 0;  // Of capture tools; refused.
  /// Frames by their command, whose index in wire::Command it is; what is garbled has none.
  std::array<std::uint64_t, std::variant_size_v<wire::Command>> commands_in{}, commands_out{};
};

/// One connected helper: reads its frames, answers its commands, keeps the table of its open requests, and knows when
/// it no longer answers. It says nothing before the helper has (WIRE.md A5), unless its definition forces a generation.
/// Thread rule: all members run on loop(), but for handle(), name() and definition().
/// Owned by its supervisor (or listener), which awaits run() and destroys it after that.
class HelperSession {
 public:
  HelperSession(Loop& loop, std::unique_ptr<Transport> transport, HelperServices& services,
                const HelperDefinition& definition, const SessionSettings& settings);
  ~HelperSession();
  HelperSession(const HelperSession&) = delete;
  HelperSession& operator=(const HelperSession&) = delete;

  /// Serves the helper until either side ends it. When it returns, all exchanges have ended, and routes,
  /// subscriptions and token are gone (HelperServices::session_ended was called).
  Task<SessionEnd> run();
  /// Called once, at the first good frame: the helper is ready.
  void on_first_frame(std::function<void()> callback);
  /// Asks the helper to end (SHUTDOWN), then closes its input; run() goes on until the helper has closed its output.
  void shutdown(std::string_view reason);
  /// Asks the helper whether it is still there: `alive` is called at its PONG; without one within `limit`, run() ends
  /// as `unresponsive`.
  void check_alive(std::chrono::milliseconds limit, std::function<void()> alive);
  /// From now on `tap` sees every frame; null: nobody does. It outlives the session.
  void watch(WireTap* tap);
  /// Ends run() now, as `stopped`.
  void close();

  Loop& loop();
  const std::string& name() const;
  const HelperDefinition& definition() const;
  std::shared_ptr<HelperHandle> handle() const;
  SessionCounters counters() const;
  std::size_t open_exchanges() const;
  SessionStatus status() const;
  /// Oldest first.
  std::vector<FrameNote> last_frames() const;
  /// The oldest open requests, `most` at the most.
  std::vector<OpenRequest> open_requests(std::size_t most) const;
  /// Ends an open request by hand. False if it is not open.
  bool end_request(wire::RequestId id);
  /// "v0", "v2", "v3", or "" before the first frame.
  std::string_view generation() const;
  /// Of the last PONG; zero before.
  std::chrono::microseconds round_trip() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace kismet
