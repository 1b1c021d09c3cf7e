#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "server/sqlite.h"

namespace kismet {

/// Which messages a client looks for. Empty and unset fields ask for nothing.
struct LogQuery {
  std::string text;      // Part of the message, without regard to the case of ASCII letters.
  std::string helper;    // Who said it.
  std::string severity;  // INFO, ERROR ...
  std::optional<WallTime> from;
  std::optional<WallTime> to;
  std::size_t limit = 100;  // Messages of one answer.
  std::string cursor;       // From the last answer: go on behind it.
};

/// A message that was found in a log.
struct FoundMessage {
  std::int64_t seconds = 0;
  std::int64_t microseconds = 0;
  std::string severity;
  std::string text;
  std::string helper;
  std::int64_t repeats = 1;
};

struct LogAnswer {
  std::vector<FoundMessage> messages;  // Newest first.
  std::string cursor;                  // Where to go on; empty: that is all.
  std::string fault;                   // The query is wrong.
};

/// Looks for messages in all logs, newest first, piece by piece: an answer ends when it is full or has taken its time,
/// and its cursor says where the next one goes on.
/// Thread rule: one thread at a time, one that may block. Owned by the search endpoint.
class LogSearch {
 public:
  using Files = std::function<std::vector<std::string>()>;

  LogSearch(Files files, const Clock& clock) : files_(std::move(files)), clock_(clock) {}

  LogAnswer find(const LogQuery& query);

 private:
  std::vector<std::string> newest_first();
  std::int64_t first_time(const std::string& path);

  const Files files_;
  const Clock& clock_;
  std::map<std::string, std::int64_t> first_times_;  // Of logs that hold a message: they do not change.
};

}  // namespace kismet
