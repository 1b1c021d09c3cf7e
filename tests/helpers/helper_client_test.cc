#include "helpers/helper_client.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <limits>
#include <optional>
#include <stdexcept>

namespace kismet::helper {
namespace {

/// A client on two pipes, whose daemon says all that it has to say first.
class Talk {
 public:
  explicit Talk(Settings settings = {}) {
    int to_helper[2];
    int from_helper[2];
    REQUIRE(::pipe2(to_helper, O_CLOEXEC) == 0);
    REQUIRE(::pipe2(from_helper, O_CLOEXEC) == 0);
    to_helper_ = UniqueFd(to_helper[1]);
    from_helper_ = UniqueFd(from_helper[0]);
    settings.name = "test";
    settings.in_fd = to_helper[0];
    settings.out_fd = from_helper[1];
    client.emplace(settings);
  }

  void daemon_says(const wire::Command& command) {
    std::string frame;
    wire::codec_v2().encode(command, wire::Seqno{++seqno_}, std::numeric_limits<std::size_t>::max(), frame);
    REQUIRE(::write(to_helper_.get(), frame.data(), frame.size()) == static_cast<ssize_t>(frame.size()));
  }

  void daemon_asks(std::uint32_t id, std::string_view uri) {
    daemon_says(wire::HttpRequest{
        .id = {id}, .uri = uri, .method = "GET", .variables = {}, .body = {}, .headers = {}, .client_address = {}});
  }

  void hang_up() { to_helper_.reset(); }

  /// Runs the client until the daemon has hung up, and calls `look` with each command that it sent.
  int run(const std::function<void(const wire::Command&)>& look) {
    const int code = client->run();
    client.reset();
    std::string bytes(1 << 20, '\0');
    const ssize_t count = ::read(from_helper_.get(), bytes.data(), bytes.size());
    bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    wire::FrameParser parser(1 << 20);
    for (std::string_view rest = bytes;;) {
      const auto parsed = parser.next(rest);
      const auto* frame = std::get_if<wire::Frame>(&parsed);
      if (!frame) break;
      const wire::Decoded decoded = wire::codec_v2().decode(*frame);
      REQUIRE(decoded.problem.empty());
      look(decoded.command);
      rest.remove_prefix(frame->size);
    }
    return code;
  }

  std::vector<wire::HttpResponse> responses() {
    std::vector<wire::HttpResponse> found;
    run([&](const wire::Command& command) {
      if (const auto* response = std::get_if<wire::HttpResponse>(&command)) {
        found.push_back({.id = response->id,
                         .headers = {},
                         .content = {},  // A view of bytes that are gone by then.
                         .result_code = response->result_code,
                         .close = response->close});
      }
    });
    return found;
  }

  std::optional<HelperClient> client;

 private:
  UniqueFd to_helper_;
  UniqueFd from_helper_;
  std::uint32_t seqno_ = 0;
};

TEST_CASE("a handler that throws answers 500, and the next request is served") {
  Talk talk;
  talk.client->on("GET", "/bad", [](const Request&, const Answer&) { throw std::runtime_error("no"); });
  talk.client->on("GET", "/good", [](const Request&, Answer answer) { answer.write("yes"); });
  talk.daemon_asks(0, "/bad");
  talk.daemon_asks(1, "/good");
  talk.hang_up();
  const auto responses = talk.responses();
  REQUIRE(responses.size() == 3);
  CHECK(responses[0].result_code == 500U);
  CHECK(responses[0].close);
  CHECK(responses[1].result_code == 200U);
  CHECK(responses[2].close);
}

TEST_CASE("a request for a page that is not there is answered 404") {
  Talk talk;
  talk.daemon_asks(5, "/nowhere");
  talk.hang_up();
  const auto responses = talk.responses();
  REQUIRE(responses.size() == 1);
  CHECK(responses[0].id == wire::RequestId{5});
  CHECK(responses[0].result_code == 404U);
  CHECK(responses[0].close);
}

TEST_CASE("an answer that is kept stays open, and outlives its client") {
  Talk talk;
  std::optional<Answer> kept;
  talk.client->on("GET", "/stream", [&](const Request&, Answer answer) {
    answer.write("one");
    kept = answer;
  });
  talk.daemon_asks(0, "/stream");
  talk.hang_up();
  const auto responses = talk.responses();
  REQUIRE(responses.size() == 1);
  CHECK_FALSE(responses[0].close);
  CHECK_FALSE(kept->wanted());
  CHECK_FALSE(kept->write("two"));
}

TEST_CASE("the code and the headers of an answer leave with its first content, once") {
  Talk talk;
  talk.client->on("GET", "/", [&](const Request&, Answer answer) {
    answer.set_code(201);
    answer.set_header("X-One", "1");
    answer.write("a");
    answer.set_code(500);
    answer.write("b");
  });
  talk.daemon_asks(0, "/");
  talk.hang_up();
  int with_headers = 0;
  std::string content;
  talk.run([&](const wire::Command& command) {
    if (const auto* response = std::get_if<wire::HttpResponse>(&command)) {
      content += response->content;
      with_headers += response->headers.empty() ? 0 : 1;
      if (response->result_code) CHECK(*response->result_code == 201U);
    }
  });
  CHECK(content == "ab");
  CHECK(with_headers == 1);
}

TEST_CASE("what does not fit the queue is refused, and a waiting request starts once there is room") {
  Settings settings;
  settings.queue_limit = 1000;
  Talk talk(settings);
  std::vector<bool> written;
  talk.client->on("GET", "/", [&](const Request&, Answer answer) {
    written.push_back(answer.write(std::string(2000, 'x')));
    written.push_back(answer.write("more"));
    written.push_back(talk.client->message("and a message"));
    if (written.size() == 6) talk.hang_up();
  });
  talk.daemon_asks(0, "/");
  talk.daemon_asks(1, "/");
  const auto responses = talk.responses();
  CHECK(written == std::vector{true, false, false, true, false, false});
  CHECK(responses.size() == 4);
}

TEST_CASE("a token that was asked for arrives") {
  Talk talk;
  std::string token;
  talk.client->request_token([&](std::string_view text) { token = text; });
  talk.daemon_says(wire::HttpAuth{"0123456789ABCDEF"});
  talk.hang_up();
  bool asked = false;
  talk.run([&](const wire::Command& command) { asked |= std::holds_alternative<wire::HttpAuthRequest>(command); });
  CHECK(asked);
  CHECK(token == "0123456789ABCDEF");
}

}  // namespace
}  // namespace kismet::helper
