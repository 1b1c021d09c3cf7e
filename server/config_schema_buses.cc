#include "server/config_schema_parts.h"

namespace kismet::schema {

using namespace std::chrono_literals;

void add_buses(std::vector<Setting>& out) {
  Section add(out, "Events and messages");
  const auto count = [](std::size_t min) { return number<std::size_t>(min, 10'000'000); };
  const auto size = [](std::uint64_t min) { return bytes<std::size_t>(min); };
  add(scalar(
      "events_kept", [](auto& c) -> auto& { return c.buses.replay.max_events; }, count(0),
      "Past events that are kept for listeners who ask for them."));
  add(scalar(
      "events_kept_bytes", [](auto& c) -> auto& { return c.buses.replay.max_bytes; }, size(0), "Size of all of them."));
  add(scalar(
      "feed_queue", [](auto& c) -> auto& { return c.buses.feed.max_queued; }, count(1),
      "Events that may wait for a listener of an event feed; then it loses the oldest."));
  add(scalar(
      "feed_queue_bytes", [](auto& c) -> auto& { return c.buses.feed.max_queued_bytes; }, size(64 * kKiB),
      "Size of all of them."));
  add(scalar(
      "feed_replay_bytes", [](auto& c) -> auto& { return c.buses.feed.max_replay_bytes; }, size(64 * kKiB),
      "Size of past events that may wait for a listener who asked for them."));
  add(scalar(
      "feed_websocket_ahead", [](auto& c) -> auto& { return c.buses.feed.websocket_ahead; }, size(kKiB),
      "What is given to a listener's websocket before it has taken what was given before."));
  add(scalar(
      "feed_sse_keep_alive", [](auto& c) -> auto& { return c.buses.feed.sse_keep_alive; },
      duration(TimeUnit::milliseconds, 1ms), "Silence after which a stream of events says that it is there."));
  add(scalar(
      "feed_sse_batch", [](auto& c) -> auto& { return c.buses.feed.sse_batch; }, size(kKiB),
      "What is written to a stream of events at a time."));
  add(scalar(
      "messages_kept", [](auto& c) -> auto& { return c.buses.messages.keep; }, count(1),
      "Last messages that are kept in memory; the source that has most of them makes room."));
  add(scalar(
      "message_text_limit", [](auto& c) -> auto& { return c.buses.messages.max_text; }, size(80),
      "Size of a message's text; the rest is cut off."));
  add(scalar(
      "message_fold_time", [](auto& c) -> auto& { return c.buses.messages.fold_time; },
      duration<std::chrono::seconds>(TimeUnit::seconds, 0ms),
      "The same text of the same source, said again within this time, is a repetition."));
  add(scalar(
      "message_rate", [](auto& c) -> auto& { return c.buses.messages.budget_rate; },
      decimal(0.1, 1'000'000, "a second"), "Messages of one source, in the long run; more are counted and summed up."));
  add(scalar(
      "message_burst", [](auto& c) -> auto& { return c.buses.messages.budget_burst; }, decimal(1, 1'000'000),
      "As many of them at once."));
  add(scalar(
      "message_sources", [](auto& c) -> auto& { return c.buses.messages.max_sources; }, count(1),
      "Sources whose repetitions and rates are remembered."));
}

}  // namespace kismet::schema
