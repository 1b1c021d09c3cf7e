// A helper session as a whole, driven by a script of bytes: the helper sends good and bad frames, clients ask, read,
// wait and leave, time passes, either side closes. After each step: the table holds no more than live leases, no answer
// is over its limit and open, the send queue keeps its bound; at the end every exchange has ended and every lease is
// free.
#include <fuzzer/FuzzedDataProvider.h>

#include <memory>
#include <string>
#include <vector>

#include "base/task_group.h"
#include "external/codec.h"
#include "external/helper_session.h"
#include "fuzz/check.h"
#include "tests/support/memory_transport.h"

using namespace kismet;

namespace {

class Services final : public HelperServices {
 public:
  Services(EventBus& bus, Executor executor) : bus_(bus), executor_(executor) {}
  std::string register_uri(HelperSession&, std::string_view, std::string_view uri) override {
    return uri.starts_with("/no") ? "refused" : "";
  }
  void session_ended(HelperSession&) override { ++ended; }
  std::string token(HelperSession&) override { return "0123456789ABCDEF0123456789ABCDEF"; }
  std::string publish(HelperSession&, std::string_view topic, std::string_view text) override {
    bus_.publish_text(topic, text);
    return {};
  }
  Subscription subscribe(HelperSession&, std::vector<std::string> topics, EventBus::Handler handler) override {
    SubscriptionOptions options;
    options.topics = std::move(topics);
    return bus_.subscribe(options, executor_, std::move(handler));
  }
  void message(HelperSession&, Severity, std::string_view text) override { message_bytes += text.size(); }

  int ended = 0;
  std::size_t message_bytes = 0;

 private:
  EventBus& bus_;
  Executor executor_;
};

class Scene {
 public:
  explicit Scene(FuzzedDataProvider& data) : data_(data) {
    settings_.frame_limit = 16'384;
    settings_.answer_limit = 4096;
    settings_.send_queue_limit = 64 * 1024;
    settings_.send_queue_reserve = 16 * 1024;
    settings_.open_exchanges = 8;
    generation_ = static_cast<wire::Generation>(data.ConsumeIntegralInRange(0, 2));
    definition_.name = "fuzz";
    definition_.wire = static_cast<WireChoice>(data.ConsumeIntegralInRange(0, 3));
    wire_->most_a_read = data.ConsumeIntegralInRange<std::size_t>(1, 5000);
    wire_->most_a_write = data.ConsumeIntegralInRange<std::size_t>(1, 5000);
    wire_->capacity = data.ConsumeIntegralInRange<std::size_t>(1, 100'000);
    wire_->tells_unread = data.ConsumeBool();
    session_ = std::make_unique<HelperSession>(loop_, std::make_unique<testing::MemoryTransport>(wire_), services_,
                                               definition_, settings_);
    handle_ = session_->handle();
    tasks_.spawn("session", run());
  }

  void play() {
    settle();
    for (int steps = 0; steps < 200 && data_.remaining_bytes() > 0; ++steps) {
      step();
      settle();
      check();
    }
    session_->close();
    wire_->output_closed = true;
    settle();
    for (int i = 0; i < 20 && !over_; ++i) pass(std::chrono::seconds(10));
    FUZZ_CHECK(over_ && services_.ended == 1);
    FUZZ_CHECK(session_->open_exchanges() == 0);
    for (Exchange& exchange : exchanges_) {
      if (exchange) FUZZ_CHECK(exchange.answer().state != ExchangeState::open);
    }
    session_.reset();
    exchanges_.clear();
    settle();
  }

 private:
  enum class Act : std::uint8_t {
    raw,
    answer,
    command,
    ask,
    leave,
    read,
    pass,
    publish,
    helper_reads,
    helper_closes,
    shutdown,
    kMaxValue = shutdown
  };

  Task<void> run() {
    co_await session_->run();
    over_ = true;
  }

  void step() {
    switch (data_.ConsumeEnum<Act>()) {
      case Act::raw:
        return send(data_.ConsumeRandomLengthString(300));
      case Act::answer:
        return answer();
      case Act::command:
        return send_command();
      case Act::ask:
        return ask();
      case Act::leave:
        if (Exchange* exchange = any()) exchange->release();
        return;
      case Act::read:
        if (Exchange* exchange = any()) read(exchange->answer());
        return;
      case Act::pass:
        return pass(std::chrono::milliseconds(data_.ConsumeIntegralInRange(0, 20'000)));
      case Act::publish:
        bus_.publish_text("TEST", data_.ConsumeRandomLengthString(100));
        return;
      case Act::helper_reads:
        wire_->from_session.erase(0, data_.ConsumeIntegralInRange<std::size_t>(0, 100'000));
        wire_->writable.notify();
        return;
      case Act::helper_closes:
        (data_.ConsumeBool() ? wire_->output_closed : wire_->input_closed) = true;
        wire_->readable.notify();
        wire_->writable.notify();
        return;
      case Act::shutdown:
        return session_->shutdown("the script says so");
    }
  }

  void send(std::string_view bytes) {
    wire_->to_session += bytes;
    wire_->readable.notify();
  }
  void send(const wire::Command& command) {
    std::string frame;
    wire::codec_of(generation_).encode(command, {++seqno_}, 1 << 20, frame);
    send(frame);
  }

  void answer() {
    wire::HttpResponse response;
    response.id = {data_.ConsumeIntegralInRange<std::uint32_t>(0, 12)};
    const std::string content = data_.ConsumeRandomLengthString(3000);
    const std::string header = data_.ConsumeRandomLengthString(50);
    response.content = content;
    if (!header.empty()) response.headers.emplace_back(header, content);
    if (data_.ConsumeBool()) response.result_code = data_.ConsumeIntegral<std::uint32_t>();
    response.close = data_.ConsumeBool();
    send(response);
  }

  void send_command() {
    const std::string text = data_.ConsumeRandomLengthString(200);
    const std::string more = data_.ConsumeRandomLengthString(50);
    const auto number = data_.ConsumeIntegral<std::uint32_t>();
    switch (data_.ConsumeIntegralInRange(0, 8)) {
      case 0:
        return send(wire::Message{number, text});
      case 1:
        return send(wire::Ping{});
      case 2:
        return send(wire::Pong{{number}});
      case 3:
        return send(wire::SystemRegister{text});
      case 4:
        return send(wire::EventbusRegister{{text, more}});
      case 5:
        return send(wire::EventbusPublish{more, text});
      case 6:
        return send(wire::HttpRegisterUri{text, more});
      case 7:
        return send(wire::HttpAuthRequest{});
      default:
        return send(wire::Shutdown{text});
    }
  }

  void ask() {
    if (exchanges_.size() >= 12) return;
    ProxyRequest request;
    request.uri = "/" + data_.ConsumeRandomLengthString(50);
    request.method = "GET";
    request.variables.emplace_back("a", data_.ConsumeRandomLengthString(50));
    exchanges_.push_back(handle_->open(std::move(request), loop_, [] {}));
  }

  void read(HelperAnswer& answer) {
    answer.head_sent = true;
    const auto most = data_.ConsumeIntegralInRange<std::size_t>(0, 5000);
    if (answer.body.fetch()) answer.body.front().consume(std::min(answer.body.front().size(), most));
  }

  Exchange* any() {
    if (exchanges_.empty()) return nullptr;
    Exchange& one = exchanges_[data_.ConsumeIntegralInRange<std::size_t>(0, exchanges_.size() - 1)];
    return one ? &one : nullptr;
  }

  void pass(std::chrono::milliseconds time) {
    clock_.advance(time);
    loop_.deadlines().sweep();
    settle();
  }

  void settle() {
    for (int i = 0; i < 10'000; ++i) {
      loop_.context().restart();
      if (loop_.context().poll() == 0) return;
    }
    FUZZ_CHECK(false && "it never comes to rest");
  }

  void check() {
    std::size_t open = 0;
    for (Exchange& exchange : exchanges_) {
      if (!exchange) continue;
      const HelperAnswer& answer = exchange.answer();
      if (answer.state == ExchangeState::open) {
        ++open;
        FUZZ_CHECK(answer.body.size() <= settings_.answer_limit);
      }
      FUZZ_CHECK(answer.body.size() <= settings_.answer_limit + settings_.frame_limit);
    }
    FUZZ_CHECK(open <= settings_.open_exchanges);
    FUZZ_CHECK(session_->status().bytes_to_helper <= settings_.send_queue_limit + settings_.send_queue_reserve);
    FUZZ_CHECK(session_->open_exchanges() == open);
    FUZZ_CHECK(bugs_ == 0);
  }

  FuzzedDataProvider& data_;
  ManualClock clock_;
  Loop loop_{clock_};
  EventBus bus_{clock_};
  Services services_{bus_, loop_.get_executor()};
  HelperDefinition definition_;
  SessionSettings settings_;
  wire::Generation generation_{};
  std::shared_ptr<testing::MemoryWire> wire_{std::make_shared<testing::MemoryWire>(loop_.get_executor())};
  std::unique_ptr<HelperSession> session_;
  std::shared_ptr<HelperHandle> handle_;
  std::vector<Exchange> exchanges_;
  std::uint32_t seqno_ = 0;
  bool over_ = false;
  int bugs_ = 0;
  TaskGroup tasks_{loop_.get_executor(), [this](const std::string&, const std::string&) { ++bugs_; }};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  FuzzedDataProvider data(bytes, size);
  Scene(data).play();
  return 0;
}
