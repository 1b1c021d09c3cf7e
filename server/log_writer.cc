#include "server/log_writer.h"

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "msgbus/message_text.h"
#include "server/log_schema.h"

namespace kismet {

namespace {

struct Timestamp {
  explicit Timestamp(WallTime time) {
    const auto all = std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
    seconds = all / 1'000'000;
    microseconds = all % 1'000'000;
  }
  std::int64_t seconds;
  std::int64_t microseconds;
};

}  // namespace

std::string LogWriter::open() {
  if (is_open()) return {};
  if (path_.empty()) {
    const std::optional<std::string> path = new_path_();
    if (!path) return "no free name for a new log is left";
    path_ = *path;
  }
  std::error_code ignored;  // SQLite says what is wrong with the folder.
  std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), ignored);
  SqlFault fault = database_.open(path_, Sqlite::Mode::create);
  if (!fault) fault = set_up();
  return fault ? failed(fault) : std::string();
}

SqlFault LogWriter::set_up() {
  // With a write-ahead log what is committed survives this process, whatever ends it; the system's own end may cost the
  // last commits, but never the file.
  if (SqlFault fault = database_.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL")) return fault;
  if (SqlFault fault = create_log_schema(database_, version_)) return fault;
  SqlFault fault = database_.prepare("INSERT INTO messages VALUES (?, 0, 0, ?, ?)", messages_);
  if (!fault) fault = database_.prepare("INSERT OR REPLACE INTO message_details VALUES (?, ?, ?, ?)", details_);
  if (!fault) fault = database_.prepare("INSERT INTO events VALUES (?, ?, ?, ?)", events_);
  if (!fault)
    fault = database_.prepare("INSERT INTO alerts VALUES (?, ?, '', '00:00:00:00:00:00', 0, 0, ?, ?)", alerts_);
  if (!fault) fault = database_.prepare("INSERT INTO snapshots VALUES (?, ?, 0, 0, 'SYSTEM', ?)", snapshots_);
  return fault;
}

void LogWriter::close() {
  for (SqlStatement* statement : {&messages_, &details_, &events_, &alerts_, &snapshots_}) *statement = SqlStatement();
  database_.close();
}

/// What must not be written to again gets a successor; all else is tried again.
std::string LogWriter::failed(const SqlFault& fault) {
  std::string reason = path_ + ": " + fault.text;
  close();
  if (fault.is_damage()) path_.clear();
  return reason;
}

std::string LogWriter::write(const std::vector<LogEntry>& batch) {
  if (is_open() && inode_of(path_) != database_.inode()) {
    close();  // Somebody took the file away: a new one takes its name.
  }
  if (std::string reason = open(); !reason.empty()) return reason;
  SqlFault fault = database_.exec("BEGIN IMMEDIATE");
  for (const LogEntry& entry : batch) {
    if (fault) break;
    fault = insert(entry);
  }
  if (!fault) fault = database_.exec("COMMIT");
  if (!fault) return {};
  database_.exec("ROLLBACK");
  return failed(fault);
}

std::string LogWriter::purge(WallTime before) {
  if (!is_open()) return {};
  SqlStatement details;
  SqlStatement messages;
  SqlFault fault = database_.prepare(
      "DELETE FROM message_details WHERE id IN (SELECT rowid FROM messages WHERE ts_sec < ?)", details);
  if (!fault) fault = database_.prepare("DELETE FROM messages WHERE ts_sec < ?", messages);
  if (!fault) fault = details.bind(1, Timestamp(before).seconds).run();
  if (!fault) fault = messages.bind(1, Timestamp(before).seconds).run();
  return fault ? path_ + ": " + fault.text : std::string();
}

SqlFault LogWriter::insert(const LogEntry& entry) {
  struct Insert {
    LogWriter& writer;
    SqlFault operator()(const Message& message) const { return writer.insert_message(message); }
    SqlFault operator()(const LoggedAlert& alert) const { return writer.insert_alert(*alert.event); }
    SqlFault operator()(const LoggedEvent& event) const { return writer.insert_event(*event.event); }
    SqlFault operator()(const LoggedSnapshot& snapshot) const { return writer.insert_snapshot(snapshot); }
  };
  return std::visit(Insert{*this}, entry);
}

SqlFault LogWriter::insert_message(const Message& message) {
  const Timestamp time(message.time);
  messages_.bind(1, time.seconds).bind(2, severity_name(message.severity)).bind(3, message.text);
  if (SqlFault fault = messages_.run()) return fault;
  details_.bind(1, database_.last_rowid()).bind(2, time.microseconds);
  details_.bind(3, message.source).bind(4, std::int64_t{message.repeats});
  return details_.run();
}

SqlFault LogWriter::insert_event(const Event& event) {
  const Timestamp time(event.time);
  events_.bind(1, time.seconds).bind(2, time.microseconds).bind(3, event.topic).bind(4, event.content_json);
  return events_.run();
}

SqlFault LogWriter::insert_alert(const Event& event) {
  const Timestamp time(event.time);
  const auto content = nlohmann::json::parse(event.content_json, nullptr, false);
  const auto alert = content.is_object() ? content.value("ALERT", nlohmann::json::object()) : nlohmann::json::object();
  const std::string header = alert.value("kismet.alert.header", "");
  alerts_.bind(1, time.seconds).bind(2, time.microseconds).bind(3, header).bind_blob(4, alert.dump());
  return alerts_.run();
}

SqlFault LogWriter::insert_snapshot(const LoggedSnapshot& snapshot) {
  const Timestamp time(snapshot.time);
  snapshots_.bind(1, time.seconds).bind(2, time.microseconds).bind_blob(3, snapshot.json);
  return snapshots_.run();
}

}  // namespace kismet
