#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "external/codec.h"
#include "helpers/web_socket.h"

namespace kismet::helper {

class HelperClient;

enum class Severity : std::uint32_t { debug = 1, info = 2, error = 4, alert = 8, fatal = 16 };

struct Settings {
  std::string name;  // What the helper calls itself.
  int in_fd = -1;    // Frames from the daemon, and to it: pipes or sockets. The client owns them.
  int out_fd = -1;
  wire::Generation generation = wire::Generation::v2;
  std::size_t queue_limit = 1024 * 1024;       // Bytes that may wait for the daemon to read before more is refused.
  std::size_t frame_limit = 16 * 1024 * 1024;  // Bytes of a frame from the daemon; more is an error.
  std::chrono::milliseconds last_words{1000};  // To get the queue out once the helper is to end.
  bool websocket = false;     // The descriptors are a websocket's; connect_to() sets this and the next.
  std::string received = {};  // What has been read from in_fd already.
};

/// What a client asked. `variables` holds those of the query and of a form.
struct Request {
  wire::RequestId id;
  std::string uri;
  std::string method;
  std::map<std::string, std::string> variables;
  std::string body;  // This and the next two come from daemons that send them.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string client_address;

  /// The value of a variable, or `otherwise`.
  std::string variable(const std::string& name, const std::string& otherwise = {}) const;
};

/// The answer to one request, as a handle: copies are the same answer, and it is closed when the last of them goes.
/// Thread rule: that of its HelperClient, which it may outlive.
class Answer {
 public:
  /// Result code and headers count until the first write().
  void set_code(std::uint32_t code);
  void set_header(const std::string& name, std::string value);
  /// Sends `content` to the client, now. False if it was dropped, as the client has left or the queue is full.
  bool write(std::string_view content);
  /// Calls `more` whenever there is room in the queue, to write the next piece, until it returns false.
  void produce(std::function<bool(Answer&)> more) const;
  /// Whether the client is still there.
  bool wanted() const;

 private:
  friend class HelperClient;
  struct State {
    ~State();
    HelperClient* client = nullptr;  // Null once nobody wants the answer.
    wire::RequestId id;
    std::uint32_t code = 200;
    std::map<std::string, std::string> headers{{"Content-Type", "text/html; charset=utf-8"}};
    bool started = false;
  };
  explicit Answer(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

/// A helper's connection to the daemon. It calls back for each request, event and tick, in one thread, and never waits
/// in between: many requests may be open at a time, each an Answer that its handler may keep. While the pipe to the
/// daemon is full, new requests wait in line and producers pause, but reading goes on, so that cancels and pings count.
/// Thread rule: one thread, that of run(). Owned by main.
class HelperClient {
 public:
  using Handler = std::function<void(const Request&, Answer)>;
  using Listener = std::function<void(std::string_view text)>;

  explicit HelperClient(Settings settings);
  ~HelperClient();
  HelperClient(const HelperClient&) = delete;
  HelperClient& operator=(const HelperClient&) = delete;

  /// `handler` answers `method uri`.
  void on(const std::string& method, const std::string& uri, Handler handler);
  /// Asks for these topics of the event bus, "*" is all, each event as the text of {"kismet.eventbus.type": topic,
  /// "kismet.eventbus.content": {...}}. One listener hears all that was asked for; the last one given counts.
  void listen(const std::vector<std::string_view>& topics, Listener listener);
  /// Calls `tick` every `interval`, until it returns false.
  void every(std::chrono::milliseconds interval, std::function<bool()> tick);

  /// A line on the daemon's console. False: dropped, as the queue is full.
  bool message(std::string_view text, Severity severity = Severity::info);
  /// An event on the event bus. False: dropped, as the queue is full.
  bool publish(std::string_view topic, std::string_view content_json);
  /// Asks for this helper's own login for the web server: the value of a cookie KISMET.
  void request_token(Listener with_token);

  /// Serves until the daemon closes the connection or asks for the end (SHUTDOWN, SIGTERM, SIGINT). Returns the exit
  /// code: 0, or 1 after a line on stderr if the daemon sent what is no frame.
  int run();

  std::uint64_t requests() const { return requests_; }
  std::uint64_t cancels() const { return cancels_; }
  std::size_t open_requests() const { return open_.size() + waiting_.size(); }

 private:
  friend class Answer;
  struct Timer {
    std::chrono::milliseconds interval;
    std::chrono::steady_clock::time_point due;
    std::function<bool()> tick;
  };
  struct Producer {
    Answer answer;
    std::function<bool(Answer&)> more;
  };

  bool has_room() const { return queue_.size() - sent_ < settings_.queue_limit; }
  void send(const wire::Command& command);
  void respond(Answer::State& answer, std::string_view content, bool close);
  void start_waiting();
  void start(const Request& request);
  void run_producers();
  int run_timers();
  void wait(int signals, int timeout);
  void read();
  void flush();
  void last_words();
  void take_bytes();
  std::size_t take_frames();
  void handle(const wire::Frame& frame);
  void enqueue(const wire::HttpRequest& request);
  void cancel(wire::RequestId id);
  void fail(const std::string& why);

  Settings settings_;
  UniqueFd in_;
  UniqueFd out_;
  const wire::Codec& codec_;
  wire::FrameParser parser_;
  WebSocket websocket_;   // Used if the settings say so.
  std::string raw_;       // From a websocket: less than a whole message.
  std::string unread_;    // From the daemon: less than a whole frame.
  std::string queue_;     // To the daemon.
  std::size_t sent_ = 0;  // Of queue_.
  std::uint32_t seqno_ = 0;
  bool over_ = false;
  int exit_code_ = 0;

  std::map<std::pair<std::string, std::string>, Handler> handlers_;  // By method and URI.
  Listener listener_;
  Listener with_token_;
  std::list<Timer> timers_;
  std::deque<Request> waiting_;  // For room in the queue.
  std::map<wire::RequestId, std::weak_ptr<Answer::State>> open_;
  std::list<Producer> producers_;
  std::uint64_t requests_ = 0;
  std::uint64_t cancels_ = 0;
};

}  // namespace kismet::helper
