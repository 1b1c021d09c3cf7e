#include "server/config_schema_parts.h"

namespace kismet::schema {
namespace {

using namespace std::chrono_literals;

ValueType<std::chrono::milliseconds> milliseconds(std::chrono::milliseconds min = 0ms) {
  return duration(TimeUnit::milliseconds, min);
}
ValueType<std::size_t> size(std::uint64_t min) {
  return bytes<std::size_t>(min);
}
ValueType<std::size_t> count(std::size_t min) {
  return number<std::size_t>(min, 10'000'000);
}

void add_lives(std::vector<Setting>& out) {
  Section add(out, "Lives of helpers");
  add(scalar(
      "helper_ready_timeout", [](auto& c) -> auto& { return c.helpers.settings.ready_timeout; }, milliseconds(),
      "From a helper's start to its first good frame; 0 is no limit. Its ready_timeout= goes before this."));
  add(scalar(
      "helper_ping_interval", [](auto& c) -> auto& { return c.helpers.settings.session.ping_interval; }, milliseconds(),
      "Between PINGs to a helper that has spoken; 0 is none."));
  add(scalar(
      "helper_ping_timeout", [](auto& c) -> auto& { return c.helpers.settings.session.ping_timeout; }, milliseconds(),
      "A PING without PONG for this long ends the helper; 0 is never."));
  add(scalar(
      "helper_shutdown_grace", [](auto& c) -> auto& { return c.helpers.settings.shutdown_grace; }, milliseconds(),
      "From SHUTDOWN to SIGTERM, for a helper that is to end."));
  add(scalar(
      "helper_terminate_grace", [](auto& c) -> auto& { return c.helpers.settings.terminate_grace; }, milliseconds(),
      "From SIGTERM to SIGKILL."));
  add(scalar(
      "helper_drain_timeout", [](auto& c) -> auto& { return c.helpers.settings.drain_timeout; }, milliseconds(),
      "After a helper's end, for what it wrote before it, if another process keeps its pipes open."));
  add(scalar(
      "helper_linger", [](auto& c) -> auto& { return c.helpers.settings.session.linger; }, milliseconds(),
      "For a helper's last words, once it no longer reads."));
  add(scalar(
      "helper_restart_delay", [](auto& c) -> auto& { return c.helpers.settings.restart.first_delay; }, milliseconds(),
      "Before a helper's first restart; doubles with each in a row."));
  add(scalar(
      "helper_restart_longest_delay", [](auto& c) -> auto& { return c.helpers.settings.restart.longest_delay; },
      milliseconds(), "The longest delay."));
  add(scalar(
      "helper_restart_jitter", [](auto& c) -> auto& { return c.helpers.settings.restart.jitter; }, decimal(0, 1),
      "A delay varies by this fraction up and down, so that helpers spread."));
  add(scalar(
      "helper_restart_burst", [](auto& c) -> auto& { return c.helpers.settings.restart.burst_limit; }, count(0),
      "Restarts within helper_restart_burst_period, after which a helper stays down; 0 is no limit."));
  add(scalar(
      "helper_restart_burst_period", [](auto& c) -> auto& { return c.helpers.settings.restart.burst_period; },
      milliseconds(1ms), "The time in which they are counted."));
  add(scalar(
      "helper_healthy_period", [](auto& c) -> auto& { return c.helpers.settings.restart.healthy_period; },
      milliseconds(), "A helper that ran for this long starts with the first delay again."));
  add(scalar(
      "helper_stay_down_code", [](auto& c) -> auto& { return c.helpers.settings.restart.stay_down_code; },
      number<int>(1, 255), "Exit code with which a helper says that it shall not be started again."));
  add(scalar(
          "helper_cgroup", [](auto& c) -> auto& { return c.helpers.settings.cgroup; }, path_value(),
          "Folder of a control group (version 2) that is delegated to the daemon, in which each helper gets a group "
          "of its own, for group_memory= and group_processes=."))
      .example = "/sys/fs/cgroup/kismet";
  add(scalar(
      "helper_keep_uris", [](auto& c) -> auto& { return c.helpers.keep_uris; }, milliseconds(),
      "A URI that a helper has not registered again so long after it came back is no longer its."));
}

void add_swaps(std::vector<Setting>& out) {
  Section add(out, "Restarts and reloads of helpers");
  add(scalar(
      "helper_restart_wait", [](auto& c) -> auto& { return c.helpers.parked.wait; }, milliseconds(),
      "How long a GET or HEAD waits for a helper that restarts; then, and others at once, 503. 0 is not at all."));
  add(scalar(
      "helper_restart_waiting", [](auto& c) -> auto& { return c.helpers.parked.waiting; }, count(0),
      "How many requests may wait so at a time."));
  add(scalar(
      "helper_swap_timeout", [](auto& c) -> auto& { return c.helpers.swap.timeout; }, milliseconds(1ms),
      "When a helper is swapped: for the new process to register all that the old one has; else the old one stays."));
  add(scalar(
      "helper_swap_drain", [](auto& c) -> auto& { return c.helpers.swap.drain; }, milliseconds(),
      "For the open requests of a helper that was swapped or removed; then they are cut off."));
}

void add_budgets(std::vector<Setting>& out) {
  Section add(out, "Budgets of helpers");
  add(scalar(
      "helper_open_exchanges", [](auto& c) -> auto& { return c.helpers.settings.session.open_exchanges; }, count(1),
      "Requests that a helper may have open; more are answered 503."));
  add(scalar(
      "helper_bytes_a_second", [](auto& c) -> auto& { return c.helpers.settings.session.bytes_a_second; }, size(0),
      "What is read from a helper in a second; over it, the helper's next write waits. 0 is no limit."));
  add(scalar(
      "helper_messages_a_second", [](auto& c) -> auto& { return c.helpers.settings.session.messages_a_second; },
      count(0), "Messages that a helper may send; more are counted, and the count is said. 0 is no limit."));
  add(scalar(
      "helper_events_a_second", [](auto& c) -> auto& { return c.helpers.settings.session.events_a_second; }, count(0),
      "Events that a helper may publish; more are dropped and counted. 0 is no limit."));
  add(scalar(
      "helper_budget_warning", [](auto& c) -> auto& { return c.helpers.settings.session.budget_warning; },
      decimal(0, 1), "The part of a budget from which on its use is told."));
  add(scalar(
      "helper_budget_patience", [](auto& c) -> auto& { return c.helpers.settings.session.budget_patience; },
      milliseconds(), "A helper that is over one of its budgets for so long without pause is ended; 0 is never."));
}

void add_limits(std::vector<Setting>& out) {
  Section add(out, "Limits of helpers");
  add(scalar(
      "helper_answer_timeout", [](auto& c) -> auto& { return c.helpers.proxy.answer_timeout; }, milliseconds(),
      "For the first frame of a helper's answer to a request; then the client is answered 504. 0 is no limit."));
  add(scalar(
      "helper_head_delay", [](auto& c) -> auto& { return c.helpers.proxy.head_delay; }, milliseconds(),
      "How long an answer's head waits, after its first content, for a result code that follows it."));
  add(scalar(
      "helper_head_buffer", [](auto& c) -> auto& { return c.helpers.proxy.head_buffer; }, size(0),
      "Content that ends this wait."));
  add(scalar(
      "helper_head_limit", [](auto& c) -> auto& { return c.helpers.settings.session.head_limit; }, size(kKiB),
      "Size of one answer's headers; what is over it is dropped."));
  add(scalar(
      "helper_uris", [](auto& c) -> auto& { return c.helpers.settings.session.uris; }, count(1),
      "URIs that a helper may register."));
  add(scalar(
      "helper_event_topics", [](auto& c) -> auto& { return c.helpers.settings.session.event_topics; }, count(1),
      "Events that a helper may name in a registration."));
  add(scalar(
      "helper_frame_limit", [](auto& c) -> auto& { return c.helpers.settings.session.frame_limit; },
      bytes<std::size_t>(16384, kGiB), "Size of a frame from a helper, its header included."));
  add(scalar(
      "helper_send_frame_limit", [](auto& c) -> auto& { return c.helpers.settings.session.send_frame_limit; },
      bytes<std::size_t>(16383, kGiB),
      "Size of a frame to a helper, its header included; an event that is larger "
      "is dropped, a request answered 413."));
  add(scalar(
      "helper_small_frame_limit", [](auto& c) -> auto& { return c.helpers.settings.session.small_frame_limit; },
      bytes<std::size_t>(4096, kGiB), "The same for generation v3, some of whose helpers hold no more."));
  add(scalar(
      "helper_send_queue_limit", [](auto& c) -> auto& { return c.helpers.settings.session.send_queue_limit; },
      size(64 * kKiB),
      "What may wait to be written to a helper; over it, events for it are dropped and requests "
      "answered 503."));
  add(scalar(
      "helper_send_queue_reserve", [](auto& c) -> auto& { return c.helpers.settings.session.send_queue_reserve; },
      size(64 * kKiB), "What may wait beyond it of frames that must not be lost."));
  add(scalar(
      "helper_read_buffer", [](auto& c) -> auto& { return c.helpers.settings.session.read_buffer; }, size(4 * kKiB),
      "What is read from a helper at a time."));
  add(scalar(
      "helper_read_budget", [](auto& c) -> auto& { return c.helpers.settings.session.read_budget; }, size(4 * kKiB),
      "What is read from a helper in a row before others have their turn."));
  add(scalar(
      "helper_pipe_size", [](auto& c) -> auto& { return c.helpers.settings.pipe_size; }, size(4 * kKiB),
      "Size of each of a helper's pipes; the system may grant less."));
  add(scalar(
      "helper_garbled_limit", [](auto& c) -> auto& { return c.helpers.settings.session.garbled_limit; }, count(1),
      "Unreadable commands in a row that end a helper's session."));
  add(scalar(
      "helper_output_line_limit", [](auto& c) -> auto& { return c.helpers.settings.output.line_limit; }, size(80),
      "Size of a line of a helper's standard output or error; the rest of a longer one is cut."));
  add(scalar(
      "helper_output_lines_a_second", [](auto& c) -> auto& { return c.helpers.settings.output.lines_a_second; },
      count(1), "Lines of it that become messages; more are counted, and the count is said."));
  add(scalar(
      "helper_output_bytes_a_second", [](auto& c) -> auto& { return c.helpers.settings.output.bytes_a_second; },
      size(kKiB), "Bytes of it that become messages."));
  add(scalar(
      "helper_output_read_limit", [](auto& c) -> auto& { return c.helpers.settings.output.read_limit; }, size(4 * kKiB),
      "Bytes of it that are read in a second; over it, the helper's next write waits."));
  add(scalar(
      "helper_output_kept_lines", [](auto& c) -> auto& { return c.helpers.settings.output.kept_lines; }, count(1),
      "Last lines of it that are kept for the report on its end."));
}

}  // namespace

void add_helper_limits(std::vector<Setting>& out) {
  add_lives(out);
  add_swaps(out);
  add_budgets(out);
  add_limits(out);
}

}  // namespace kismet::schema
