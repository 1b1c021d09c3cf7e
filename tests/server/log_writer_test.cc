#include "server/log_writer.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>

#include "eventbus/event_bus.h"
#include "temp_folder.h"

using namespace kismet;

namespace {

const WallTime kTime = WallTime(std::chrono::microseconds(1'700'000'000'000'042));

Message message(std::string text, Severity severity = Severity::info) {
  return {severity, std::move(text), "helper", kTime, 1, 1};
}

/// Rows of a query, columns with '|' between them.
std::vector<std::string> rows(const std::string& path, const std::string& sql, int columns) {
  Sqlite log;
  std::vector<std::string> all;
  if (log.open(path, Sqlite::Mode::read_only)) return all;
  SqlStatement statement;
  if (const SqlFault fault = log.prepare(sql, statement)) return {fault.text};
  for (bool row = true; !statement.step(row) && row;) {
    std::string line;
    for (int column = 0; column < columns; ++column) line += (column > 0 ? "|" : "") + statement.text(column);
    all.push_back(line);
  }
  return all;
}

struct Log {
  testing::TempFolder folder;
  int names = 0;
  std::string name(int n) const { return folder / ("log-" + std::to_string(n) + ".kismet"); }
  LogWriter writer{[this]() -> std::optional<std::string> { return name(++names); }, "0.1.0"};
};

using Rows = std::vector<std::string>;

}  // namespace

TEST_CASE("a new log is a kismetdb of version 10, with all its tables") {
  Log log;
  CHECK(log.writer.open().empty());
  CHECK(rows(log.name(1), "SELECT kismet_version, db_version, db_module FROM KISMET", 3) == Rows{"0.1.0|10|kismetlog"});
  CHECK(rows(log.name(1), "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name", 1) ==
        Rows{"KISMET", "alerts", "data", "datasources", "devices", "events", "message_details", "messages", "packets",
             "snapshots"});
  CHECK(rows(log.name(1), "PRAGMA journal_mode", 1) == Rows{"wal"});
}

TEST_CASE("messages, alerts, events and snapshots each become a row") {
  Log log;
  ManualClock clock;
  EventBus events(clock);
  const EventPtr alert = events.publish("ALERT", R"({"kismet.alert.header":"helper","kismet.alert.text":"fire"})");
  REQUIRE(log.writer
              .write({message("it's \"done\"", Severity::alert), LoggedAlert{alert}, LoggedEvent{alert},
                      LoggedSnapshot{kTime, R"({"a":1})"}})
              .empty());
  CHECK(rows(log.name(1), "SELECT ts_sec, lat, lon, msgtype, message FROM messages", 5) ==
        Rows{"1700000000|0.0|0.0|ALERT|it's \"done\""});
  CHECK(rows(log.name(1), "SELECT id, ts_usec, source, repeats FROM message_details", 4) == Rows{"1|42|helper|1"});
  CHECK(rows(log.name(1), "SELECT ts_sec, header, json FROM alerts", 3) ==
        Rows{R"(1700000000|helper|{"kismet.alert.header":"helper","kismet.alert.text":"fire"})"});
  CHECK(rows(log.name(1), "SELECT topic, json FROM events", 2) == Rows{"ALERT|" + alert->content_json});
  CHECK(rows(log.name(1), "SELECT ts_sec, ts_usec, snaptype, json FROM snapshots", 4) ==
        Rows{R"(1700000000|42|SYSTEM|{"a":1})"});
}

TEST_CASE("a log that is there already is gone on with") {
  Log log;
  log.writer.write({message("one")});
  log.writer.close();
  LogWriter again([&] { return std::optional(log.name(1)); }, "0.2.0");
  CHECK(again.write({message("two")}).empty());
  CHECK(rows(log.name(1), "SELECT message FROM messages", 1) == Rows{"one", "two"});
  CHECK(rows(log.name(1), "SELECT count(*) FROM KISMET", 1) == Rows{"1"});
}

TEST_CASE("a batch is written whole or not at all, and can be tried again") {
  Log log;
  log.writer.write({message("before")});
  Sqlite other;  // Somebody who keeps the log locked.
  REQUIRE_FALSE(other.open(log.name(1), Sqlite::Mode::create));
  REQUIRE_FALSE(other.exec("BEGIN IMMEDIATE"));
  const std::vector<LogEntry> batch = {message("one"), message("two")};
  CHECK(log.writer.write(batch).find("locked") != std::string::npos);
  other.exec("ROLLBACK");
  CHECK(rows(log.name(1), "SELECT message FROM messages", 1) == Rows{"before"});
  CHECK(log.writer.write(batch).empty());
  CHECK(rows(log.name(1), "SELECT message FROM messages", 1) == Rows{"before", "one", "two"});
  CHECK(log.names == 1);
}

TEST_CASE("a full disk is a reason, not an end, and what failed is not half written") {
  Log log;
  log.writer.write({message("before")});
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit small{64 * 1024, 64 * 1024};
    setrlimit(RLIMIT_FSIZE, &small);
    const std::vector<LogEntry> large(100, message(std::string(4000, 'x')));
    const std::string reason = log.writer.write(large);
    _exit(reason.empty() ? 1 : reason.find("log-1.kismet") == std::string::npos ? 2 : 0);
  }
  int status = -1;
  waitpid(child, &status, 0);
  CHECK(status == 0);
  CHECK(log.writer.write({message("after")}).empty());
  CHECK(rows(log.name(1), "SELECT message FROM messages", 1) == Rows{"before", "after"});
  CHECK(rows(log.name(1), "PRAGMA integrity_check", 1) == Rows{"ok"});
}

TEST_CASE("a damaged log is left alone, and another one begun") {
  Log log;
  std::ofstream(log.name(1)) << std::string(10'000, 'x');
  CHECK_FALSE(log.writer.write({message("one")}).empty());
  CHECK(log.writer.write({message("one")}).empty());
  CHECK(log.writer.path() == log.name(2));
  CHECK(std::filesystem::file_size(log.name(1)) == 10'000);
}

TEST_CASE("a log that was taken away gets a successor of the same name") {
  Log log;
  log.writer.write({message("one")});
  std::filesystem::rename(log.name(1), log.folder / "moved");
  CHECK(log.writer.write({message("two")}).empty());
  CHECK(rows(log.name(1), "SELECT message FROM messages", 1) == Rows{"two"});
}

TEST_CASE("a folder is made where it can be, and is a reason where it cannot") {
  testing::TempFolder folder;
  LogWriter good([&] { return std::optional(folder / "a/b/log"); }, "");
  CHECK(good.open().empty());
  std::ofstream(folder / "file") << "x";
  LogWriter bad([&] { return std::optional(folder / "file/log"); }, "");
  CHECK(bad.open().find("unable to open") != std::string::npos);
  LogWriter none([] { return std::optional<std::string>(); }, "");
  CHECK_FALSE(none.open().empty());
}

TEST_CASE("old messages are purged with their details") {
  Log log;
  Message old = message("old");
  old.time -= std::chrono::hours(1);
  log.writer.write({old, message("new")});
  CHECK(log.writer.purge(kTime - std::chrono::minutes(1)).empty());
  CHECK(rows(log.name(1), "SELECT message FROM messages", 1) == Rows{"new"});
  CHECK(rows(log.name(1), "SELECT count(*) FROM message_details", 1) == Rows{"1"});
}

TEST_CASE("what was written survives kill -9 in the middle of a flood, and the log is whole") {
  Log log;
  const pid_t child = fork();
  if (child == 0) {
    for (int i = 0;; ++i) {
      if (!log.writer.write(std::vector<LogEntry>(50, message(std::to_string(i)))).empty()) _exit(1);
    }
  }
  while (rows(log.name(1), "SELECT count(*) > 5000 FROM messages", 1) != Rows{"1"}) usleep(1000);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  CHECK(rows(log.name(1), "PRAGMA integrity_check", 1) == Rows{"ok"});
  CHECK(rows(log.name(1), "SELECT count(*) % 50, count(*) > 5000 FROM messages", 2) == Rows{"0|1"});
  CHECK(log.writer.write({message("after")}).empty());
}
