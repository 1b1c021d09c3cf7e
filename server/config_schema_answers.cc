#include "server/config_schema_parts.h"

namespace kismet::schema {

void add_answers(std::vector<Setting>& out) {
  Section add(out, "Answers that wait for their clients");
  add(scalar(
      "helper_answer_memory", [](auto& c) -> auto& { return c.helpers.buffers.memory_each; },
      bytes<std::size_t>(BufferBudget::kSmallest),
      "What of one answer waits in memory for its client; what is over it goes to a temporary file."));
  add(scalar(
      "helper_answer_limit", [](auto& c) -> auto& { return c.helpers.settings.session.answer_limit; },
      bytes<std::size_t>(64 * kKiB),
      "What of one answer may wait for its client, in memory and on disk; over it, helper_answer_policy is applied to "
      "that answer."));
  add(scalar(
      "helper_answers_memory", [](auto& c) -> auto& { return c.helpers.buffers.memory; }, bytes<std::size_t>(kMiB),
      "Memory for all answers that wait. The more of it is used, the less one answer may keep of it, down to 16k on "
      "its way to the client and 16k on its way to the disk, which each always may: so the most that is ever used is "
      "this and 32k an open answer."));
  add(scalar(
      "helper_answers_disk", [](auto& c) -> auto& { return c.helpers.buffers.disk; }, bytes<std::uint64_t>(0),
      "Disk space for all answers that wait; 0 is none, and memory is all that there is. A thousand clients that each "
      "wait for the rest of 16M need 16G."));
  add(scalar(
      "helper_answer_policy", [](auto& c) -> auto& { return c.helpers.proxy.over_limit; },
      choice<OverLimit>({{"drop-connection", OverLimit::drop_connection}, {"cancel", OverLimit::cancel}}),
      "What happens to an answer at one of these limits, and to no other: its helper is told to stop, and the client's "
      "connection ends at once (drop-connection), or after what waits for it (cancel)."));
  add(scalar(
          "helper_spill_folder", [](auto& c) -> auto& { return c.helpers.spill_folder; }, path_value(),
          "Folder of the temporary files, which have no name and go with the daemon. Not set: $TMPDIR, or else "
          "/var/tmp. Not one in memory, which /tmp often is: they are there to spare memory."))
      .example = "/var/tmp";
  add(scalar(
      "helper_spill_pause", [](auto& c) -> auto& { return c.helpers.buffers.pause; },
      duration(TimeUnit::milliseconds, std::chrono::milliseconds(0)),
      "How long at a time reading from a helper may wait for the disk, if its answers come faster than the disk takes "
      "them; then it goes on, and memory takes them up to its limit. 0 is not at all."));
}

}  // namespace kismet::schema
