#include "server/log_database.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <optional>

#include "temp_folder.h"
#include "tests/support/run_task.h"

using namespace kismet;

namespace {

struct Daemon {
  explicit Daemon(const LogSettings& settings = {}, std::string at = {})
      : path(at.empty() ? folder / "the.kismet" : folder / at),
        log(
            loop, worker, events, messages, LogWriter([this] { return std::optional(path); }, "0.1.0"),
            [] { return std::string(R"({"status":1})"); }, settings) {
    messages.add_sink(log.sink());
  }

  /// Lets time pass, and waits until the log's thread has done what that brings.
  void pass(std::chrono::milliseconds time) {
    settle();
    clock.advance(time);
    loop.deadlines().sweep();
    settle();
  }
  void settle() { testing::run_task(loop, quiet()); }
  Task<void> quiet() {
    auto nothing = [] {};
    for (int i = 0; i < 3; ++i) co_await worker.run(loop.get_executor(), nothing);
  }
  void start() {
    log.start();
    settle();
  }
  void stop() { testing::run_task(loop, log.stop()); }
  bool has(std::string_view text) const {
    for (const Message& message : messages.recent()) {
      if (message.text.find(text) != std::string::npos) return true;
    }
    return false;
  }
  std::int64_t count(const std::string& table) const {
    Sqlite database;
    SqlStatement statement;
    bool row = false;
    if (database.open(path, Sqlite::Mode::read_only)) return -1;
    if (database.prepare("SELECT count(*) FROM " + table, statement) || statement.step(row) || !row) return -2;
    return statement.integer(0);
  }

  testing::TempFolder folder;
  ManualClock clock;
  Loop loop{clock};
  EventBus events{clock};
  MessageBus messages{clock, events};
  Worker worker{"log"};
  std::string path;
  LogDatabase log;
};

}  // namespace

TEST_CASE("what was said before the log opened and up to the end is in it") {
  Daemon daemon;
  daemon.messages.info("early");
  daemon.start();
  CHECK(daemon.has("logging to " + daemon.path));
  daemon.messages.info("late");
  daemon.stop();
  CHECK(daemon.count("messages") == 3);
  CHECK(daemon.count("snapshots WHERE CAST(json AS TEXT) = '{\"status\":1}'") == 1);
}

TEST_CASE("opening a log is an event") {
  Daemon daemon;
  std::vector<std::string> heard;
  const Subscription subscription =
      daemon.events.subscribe({.topics = {"KISMETDB_LOG_OPEN"}}, daemon.loop.get_executor(),
                              [&](const EventPtr& event) { heard.push_back(event->content_json); });
  daemon.start();
  daemon.stop();
  CHECK(heard == std::vector<std::string>{R"({"KISMETDB_LOG_OPEN":{}})"});
}

TEST_CASE("entries are written in batches, after the batch interval") {
  Daemon daemon({.snapshot_interval = std::chrono::seconds(0), .batch_interval = std::chrono::milliseconds(500)});
  daemon.start();
  daemon.pass(std::chrono::milliseconds(500));
  CHECK(daemon.count("messages") == 1);
  daemon.messages.info("one");
  daemon.messages.info("two");
  daemon.pass(std::chrono::milliseconds(499));
  CHECK(daemon.count("messages") == 1);
  daemon.pass(std::chrono::milliseconds(1));
  CHECK(daemon.count("messages") == 3);
  daemon.stop();
}

TEST_CASE("a log with nothing to write sleeps until its next snapshot, or for ever") {
  const int interval = GENERATE(0, 30);
  Daemon daemon({.snapshot_interval = std::chrono::seconds(interval)});
  daemon.start();
  daemon.pass(std::chrono::seconds(1));
  daemon.pass(std::chrono::seconds(1));
  const SteadyTime now = daemon.clock.now();
  const SteadyTime next = daemon.loop.deadlines().next();
  CHECK(next > now + std::chrono::seconds(20));
  daemon.messages.info("one");
  daemon.settle();
  CHECK(daemon.loop.deadlines().next() <= now + std::chrono::milliseconds(500));
  daemon.stop();
}

TEST_CASE("alerts and events are logged where that is wanted") {
  const bool wanted = GENERATE(true, false);
  Daemon daemon({.messages = wanted, .alerts = wanted, .events = wanted});
  daemon.start();
  daemon.messages.post(Severity::alert, "helper", "fire");
  daemon.events.publish_text("MINE", "{}");
  daemon.settle();
  daemon.stop();
  CHECK(daemon.count("messages WHERE msgtype = 'ALERT'") == (wanted ? 1 : 0));
  CHECK(daemon.count("alerts") == (wanted ? 1 : 0));
  CHECK(daemon.count("events WHERE topic = 'MINE'") == (wanted ? 1 : 0));
}

TEST_CASE("snapshots come at their interval, and none where that is 0") {
  const int interval = GENERATE(0, 10);
  Daemon daemon({.snapshot_interval = std::chrono::seconds(interval)});
  daemon.start();
  for (int second = 0; second < 25; ++second) daemon.pass(std::chrono::seconds(1));
  daemon.stop();
  CHECK(daemon.count("snapshots") == (interval == 0 ? 0 : 3));
}

TEST_CASE("messages past their time are deleted") {
  Daemon daemon({.message_timeout = std::chrono::hours(1)});
  daemon.messages.info("old");
  daemon.start();
  for (int i = 0; i < 130; ++i) daemon.pass(std::chrono::seconds(30));
  daemon.messages.info("new");
  daemon.stop();
  CHECK(daemon.count("messages WHERE message = 'old'") == 0);
  CHECK(daemon.count("messages WHERE message = 'new'") == 1);
}

TEST_CASE("a log that cannot be written is told once, tried again at growing intervals, and goes on by itself") {
  Daemon daemon({}, "blocked/the.kismet");
  std::ofstream(daemon.folder / "blocked") << "a file where a folder should be";
  daemon.start();
  CHECK_FALSE(daemon.log.is_writing());
  daemon.messages.info("said meanwhile");
  for (int i = 0; i < 20; ++i) daemon.pass(std::chrono::seconds(5));
  int told = 0;
  for (const Message& message : daemon.messages.recent())
    told += message.text.find("cannot be written") != std::string::npos;
  CHECK(told == 1);
  std::filesystem::remove(daemon.folder / "blocked");
  daemon.pass(std::chrono::seconds(60));
  CHECK(daemon.log.is_writing());
  CHECK(daemon.has("the log is written again"));
  daemon.stop();
  CHECK(daemon.count("messages WHERE message = 'said meanwhile'") == 1);
}

TEST_CASE("what has no room while the log cannot be written is lost, oldest first, and counted") {
  Daemon daemon({.queue_bytes = 20'000}, "blocked/the.kismet");
  std::ofstream(daemon.folder / "blocked") << "x";
  daemon.start();
  for (int i = 0; i < 100; ++i) daemon.messages.info(std::to_string(i) + std::string(1000, 'x'));
  std::filesystem::remove(daemon.folder / "blocked");
  daemon.pass(std::chrono::seconds(60));
  CHECK(daemon.log.is_writing());
  CHECK(daemon.has("entries were lost"));
  daemon.stop();
  CHECK(daemon.count("messages WHERE message LIKE '99x%'") == 1);
  CHECK(daemon.count("messages WHERE message LIKE '0x%'") == 0);
}

TEST_CASE("a daemon that ends while the log cannot be written ends all the same") {
  Daemon daemon({}, "blocked/the.kismet");
  std::ofstream(daemon.folder / "blocked") << "x";
  daemon.start();
  daemon.stop();
  CHECK(daemon.has("the end of the log is lost"));
}

TEST_CASE("the sink may be called after the log is gone") {
  ManualClock clock;
  Loop loop(clock);
  Worker worker("log");
  EventBus events(clock);
  MessageBus messages(clock, events);
  {
    LogDatabase log(loop, worker, events, messages, LogWriter([] { return std::optional<std::string>(); }, ""), {}, {});
    messages.add_sink(log.sink());
  }
  messages.info("late");
  CHECK(messages.recent().size() == 1);
}
