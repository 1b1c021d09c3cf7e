#include "server/config_schema_parts.h"

namespace kismet::schema {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kLogDatabase = "kismet";

/// Words with commas between them; the only setting that is written so.
Setting log_types() {
  Setting out;
  out.key = "log_types";
  out.type = "words, with commas between them";
  out.help = "Kinds of logs to write; kismet is the log database, and others are Kismet's.";
  out.show = [](const Config& config) {
    std::string text;
    for (const std::string& type : config.logging.types) text += (text.empty() ? "" : ",") + type;
    return std::vector<std::string>{text};
  };
  out.defaults.emplace_back(kLogDatabase);
  out.assign = [](Config& config, std::span<const ConfigEntry> entries, ValueContext& context,
                  std::vector<ConfigProblem>& problems) {
    config.logging.types.clear();
    if (entries.empty()) {
      config.logging.types.emplace_back(kLogDatabase);
      return;
    }
    warn_of_more(entries, problems);
    ConfigEntry piece = entries.front();
    std::string rest = piece.value + ',';
    for (std::size_t comma = rest.find(','); comma != std::string::npos; comma = rest.find(',')) {
      piece.value = rest.substr(0, comma);
      rest.erase(0, comma + 1);
      piece.value.erase(0, std::min(piece.value.find_first_not_of(' '), piece.value.size()));
      piece.value.erase(piece.value.find_last_not_of(' ') + 1);
      std::string type;
      if (!parse_entry(piece, word_value(), type, context, problems)) continue;
      if (type == kLogDatabase) {
        config.logging.types.push_back(type);
      } else {
        problems.push_back({ConfigProblem::Level::warning, piece.place,
                            "log_types: " + in_quotes(type) + " is not written here; kismet is"});
      }
    }
  };
  return out;
}

}  // namespace

void add_logging(std::vector<Setting>& out) {
  Section add(out, "Logging");
  const auto seconds = [](std::chrono::milliseconds min) {
    return duration<std::chrono::seconds>(TimeUnit::seconds, min);
  };
  add(scalar(
      "enable_logging", [](auto& c) -> auto& { return c.logging.enabled; }, flag(),
      "Whether logs are written at all."));
  add(log_types());
  add(scalar(
      "log_title", [](auto& c) -> auto& { return c.logging.title; }, text_value(), "The %n of log_template."));
  add(scalar(
      "log_prefix", [](auto& c) -> auto& { return c.logging.prefix; }, path_value(),
      "Folder of the logs, the %p of log_template.", "./"));
  add(scalar(
      "log_template", [](auto& c) -> auto& { return c.logging.path_template; }, text_value(), "Path of a new log.",
      "%p/%n-%D-%t-%i.%l"));
  add(scalar(
      "kis_log_messages", [](auto& c) -> auto& { return c.logging.settings.messages; }, flag(),
      "Whether messages go into the log."));
  add(scalar(
      "kis_log_message_timeout", [](auto& c) -> auto& { return c.logging.settings.message_timeout; }, seconds(0ms),
      "Messages older than this are deleted from the log; 0 keeps them."));
  add(scalar(
      "kis_log_alerts", [](auto& c) -> auto& { return c.logging.settings.alerts; }, flag(),
      "Whether alerts go into the log."));
  add(scalar(
      "kis_log_events", [](auto& c) -> auto& { return c.logging.settings.events; }, flag(),
      "Whether all events go into the log, in a table of their own."));
  add(scalar(
      "kis_log_system_status", [](auto& c) -> auto& { return c.logging.system_status; }, flag(),
      "Whether the daemon's status goes into the log from time to time."));
  add(scalar(
      "kis_log_system_status_rate", [](auto& c) -> auto& { return c.logging.settings.snapshot_interval; },
      seconds(1000ms), "Time between two of them."));
  const auto milliseconds = duration(TimeUnit::milliseconds, 1ms);
  add(scalar(
      "log_batch_interval", [](auto& c) -> auto& { return c.logging.settings.batch_interval; }, milliseconds,
      "The longest that something waits to be written, and what a crash of the daemon may cost."));
  add(scalar(
      "log_batch_bytes", [](auto& c) -> auto& { return c.logging.settings.batch_bytes; }, bytes<std::size_t>(4 * kKiB),
      "What is written to the log at a time."));
  add(scalar(
      "log_queue_bytes", [](auto& c) -> auto& { return c.logging.settings.queue_bytes; }, bytes<std::size_t>(64 * kKiB),
      "What may wait to be written; then the oldest is lost, and counted."));
  add(scalar(
      "log_retry_interval", [](auto& c) -> auto& { return c.logging.settings.retry_interval; }, milliseconds,
      "Before writing is tried again after a failure; twice as long each time."));
  add(scalar(
      "log_retry_limit", [](auto& c) -> auto& { return c.logging.settings.retry_limit; }, milliseconds,
      "The longest such time."));
}

void add_system(std::vector<Setting>& out) {
  Section add(out, "The daemon");
  add(scalar(
      "console", [](auto& c) -> auto& { return c.system.console; },
      choice<ConsoleMode>(
          {{"normal", ConsoleMode::normal}, {"silent", ConsoleMode::silent}, {"debug", ConsoleMode::debug}}),
      "What the console shows: messages, errors alone, or debug messages too."));
  add(scalar(
          "server_name", [](auto& c) -> auto& { return c.system.server_name; }, text_value(),
          "Name of this daemon, for people who have several; the machine's if not given."))
      .example = "north";
  add(scalar(
          "server_description", [](auto& c) -> auto& { return c.system.server_description; }, text_value(),
          "What it is for."))
      .example = "The sensor on the roof";
  add(scalar(
          "server_location", [](auto& c) -> auto& { return c.system.server_location; }, text_value(), "Where it is."))
      .example = "Roof";
  add(scalar(
          "server_uuid", [](auto& c) -> auto& { return c.system.server_uuid; }, uuid_value(),
          "Its identity; without it, one is made and kept in configdir."))
      .example = "7f9c24e8-3b12-4b3f-9d2a-0123456789ab";
  add(scalar(
      "configdir", [](auto& c) -> auto& { return c.system.config_dir; }, path_value(),
      "Folder of what the daemon keeps for this user, and of the user's plugins.", "%h/.kismet/"));
  add(scalar(
      "threads", [](auto& c) -> auto& { return c.system.threads; }, number<std::uint64_t>(1, 256),
      "Threads that serve connections and helpers."));
  add(scalar(
          "ulimit_mbytes", [](auto& c) -> auto& { return c.system.memory_limit; },
          optional_value(bytes<std::uint64_t>(64 * kMiB, 1024 * kGiB, kMiB)),
          "Memory that the daemon, and each helper, may use (RLIMIT_DATA); no limit if not set."))
      .example = "512";
}

}  // namespace kismet::schema
