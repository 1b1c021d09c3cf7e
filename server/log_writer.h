#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "server/log_entry.h"
#include "server/sqlite.h"

namespace kismet {

/// The log's file: opens it, writes batches into it, each whole or not at all, and finds another when it is damaged or
/// was taken away. Thread rule: one thread at a time, one that may block. Owned by the LogDatabase.
class LogWriter {
 public:
  /// Where a new log goes: a path that no file has yet, if it can be; nothing if there is none.
  using NewPath = std::function<std::optional<std::string>()>;

  LogWriter(NewPath new_path, std::string version) : new_path_(std::move(new_path)), version_(std::move(version)) {}

  /// Opens a log if none is open. Returns why that failed, for people, or an empty string.
  std::string open();
  /// Writes all of `batch` and makes it durable against the end of this process. Returns why that failed, for people,
  /// or an empty string; then none of it is written.
  std::string write(const std::vector<LogEntry>& batch);
  /// Deletes messages older than `before`.
  std::string purge(WallTime before);
  void close();

  bool is_open() const { return database_.is_open(); }
  const std::string& path() const { return path_; }

 private:
  SqlFault set_up();
  SqlFault insert(const LogEntry& entry);
  SqlFault insert_message(const Message& message);
  SqlFault insert_event(const Event& event);
  SqlFault insert_alert(const Event& event);
  SqlFault insert_snapshot(const LoggedSnapshot& snapshot);
  std::string failed(const SqlFault& fault);

  const NewPath new_path_;
  const std::string version_;
  std::string path_;  // Of the open log, or of the last one, which is tried again unless it is damaged.
  Sqlite database_;
  SqlStatement messages_, details_, events_, alerts_, snapshots_;  // After the database: they die before it.
};

}  // namespace kismet
