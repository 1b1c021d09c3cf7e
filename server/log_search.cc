#include "server/log_search.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <utility>

namespace kismet {

namespace {

constexpr std::int64_t kRowsAtATime = 50'000;
constexpr std::chrono::seconds kTimeOfAnAnswer{2};

std::string file_name(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

/// A pattern for LIKE that matches what contains `text`.
std::string like(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern += '%';
}

std::int64_t seconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

std::int64_t number_from(Sqlite& log, std::string_view sql) {
  SqlStatement statement;
  bool row = false;
  if (log.prepare(sql, statement) || statement.step(row) || !row) return 0;
  return statement.integer(0);
}

/// The rows of one log that a query asks for, from a range of row numbers.
class RowReader {
 public:
  RowReader(Sqlite& log, const LogQuery& query) : log_(log), query_(query) {
    const bool has_details = number_from(log, "SELECT count(*) FROM sqlite_master WHERE name = 'message_details'") > 0;
    sql_ = has_details
               ? "SELECT m.rowid, m.ts_sec, m.msgtype, m.message, coalesce(d.ts_usec, 0), coalesce(d.source, ''),"
                 " coalesce(d.repeats, 1) FROM messages m LEFT JOIN message_details d ON d.id = m.rowid"
               : "SELECT m.rowid, m.ts_sec, m.msgtype, m.message, 0, '', 1 FROM messages m";
    sql_ += " WHERE m.rowid >= ?1 AND m.rowid < ?2";
    if (!query.text.empty()) sql_ += " AND m.message LIKE ?3 ESCAPE '\\'";
    if (!query.helper.empty()) sql_ += has_details ? " AND d.source = ?4" : " AND 0";
    if (!query.severity.empty()) sql_ += " AND m.msgtype = ?5";
    if (query.from) sql_ += " AND m.ts_sec >= ?6";
    if (query.to) sql_ += " AND m.ts_sec <= ?7";
    sql_ += " ORDER BY m.rowid DESC LIMIT ?8";
  }

  /// Appends to `found`; returns the lowest row number that was looked at.
  std::int64_t read(std::int64_t from, std::int64_t below, std::vector<FoundMessage>& found) {
    SqlStatement rows;
    if (log_.prepare(sql_, rows)) return from;
    rows.bind(1, from).bind(2, below).bind(8, static_cast<std::int64_t>(query_.limit - found.size()));
    if (!query_.text.empty()) rows.bind(3, like(query_.text));
    if (!query_.helper.empty()) rows.bind(4, query_.helper);
    if (!query_.severity.empty()) rows.bind(5, query_.severity);
    if (query_.from) rows.bind(6, seconds(*query_.from));
    if (query_.to) rows.bind(7, seconds(*query_.to));
    for (bool row = true; !rows.step(row) && row;) {
      found.push_back({rows.integer(1), rows.integer(4), rows.text(2), rows.text(3), rows.text(5), rows.integer(6)});
      if (found.size() == query_.limit) return rows.integer(0);
    }
    return from;
  }

 private:
  Sqlite& log_;
  const LogQuery& query_;
  std::string sql_;
};

std::string cursor_of(std::int64_t below, const std::string& path) {
  return std::to_string(below) + ':' + file_name(path);
}

}  // namespace

std::int64_t LogSearch::first_time(const std::string& path) {
  if (const auto known = first_times_.find(path); known != first_times_.end()) return known->second;
  Sqlite log;
  if (log.open(path, Sqlite::Mode::read_only)) return 0;
  const std::int64_t first = number_from(log, "SELECT ts_sec FROM messages ORDER BY rowid LIMIT 1");
  if (first != 0) first_times_[path] = first;
  return first;
}

std::vector<std::string> LogSearch::newest_first() {
  std::vector<std::pair<std::int64_t, std::string>> dated;
  for (std::string& path : files_()) {
    const std::int64_t first = first_time(path);
    if (first != 0) dated.emplace_back(first, std::move(path));
  }
  std::sort(dated.rbegin(), dated.rend());
  std::vector<std::string> paths;
  for (auto& [first, path] : dated) paths.push_back(std::move(path));
  return paths;
}

LogAnswer LogSearch::find(const LogQuery& query) {
  const SteadyTime end = clock_.now() + kTimeOfAnAnswer;
  const std::vector<std::string> paths = newest_first();
  LogAnswer answer;
  std::size_t file = 0;
  std::int64_t below = 0;  // Row numbers below this are still to be looked at; 0: all of the log.
  if (!query.cursor.empty()) {
    const char* last = query.cursor.data() + query.cursor.size();
    const auto [colon, error] = std::from_chars(query.cursor.data(), last, below);
    const std::string name(std::min(colon + 1, last), last);
    const auto found =
        std::find_if(paths.begin(), paths.end(), [&](const auto& path) { return file_name(path) == name; });
    if (error != std::errc() || below <= 0 || found == paths.end()) {
      answer.fault = "the cursor leads nowhere; its log may be gone";
      return answer;
    }
    file = static_cast<std::size_t>(found - paths.begin());
  }
  for (; file < paths.size(); ++file, below = 0) {
    Sqlite log;
    if (log.open(paths[file], Sqlite::Mode::read_only)) continue;
    RowReader reader(log, query);
    if (below == 0) below = number_from(log, "SELECT max(rowid) FROM messages") + 1;
    while (below > 1) {
      below = reader.read(std::max<std::int64_t>(1, below - kRowsAtATime), below, answer.messages);
      if (answer.messages.size() == query.limit || clock_.now() >= end) {
        answer.cursor = cursor_of(below, paths[file]);
        return answer;
      }
    }
    if (query.from && first_time(paths[file]) < seconds(*query.from)) break;  // Older logs hold older messages.
  }
  return answer;
}

}  // namespace kismet
