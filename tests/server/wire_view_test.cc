#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/loop.h"
#include "server/wire_json.h"
#include "server/wire_viewer.h"

using namespace kismet;
using Json = nlohmann::json;
using Direction = TappedFrame::Direction;

namespace {

TappedFrame sent(const wire::Command& command) {
  return {.direction = Direction::out,
          .codec = wire::codec_v2(),
          .name = wire::command_name_at(command.index()),
          .seqno = {3},
          .command = &command,
          .problem = {},
          .bytes = {},
          .size = 100};
}

Json shown(const wire::Command& command) {
  return Json::parse(wire_json(sent(command), WallTime{std::chrono::milliseconds(1500)}));
}

struct Viewing {
  void show(const wire::Command& command) { viewer->frame(sent(command), {}); }
  void settle() {
    loop.context().restart();
    loop.context().poll();
  }

  Clock clock;
  Loop loop{clock};
  bool room = true;
  std::vector<Json> seen;
  std::shared_ptr<WireViewer> viewer =
      std::make_shared<WireViewer>(loop, WireFilter{}, 1000, [this](const std::shared_ptr<const std::string>& text) {
        if (room) seen.push_back(Json::parse(*text));
        return room ? WireViewer::Shown::taken : WireViewer::Shown::full;
      });
};

}  // namespace

TEST_CASE("a frame is shown with its fields and its bytes") {
  wire::HttpResponse response;
  response.id = {7};
  response.headers = {{"X-One", "1"}};
  response.content = "hi";
  response.result_code = 404;
  response.close = true;
  const Json frame = shown(response);
  CHECK(frame["time"] == 1.5);
  CHECK(frame["direction"] == "out");
  CHECK(frame["generation"] == "v2");
  CHECK(frame["command"] == "HTTPRESPONSE");
  CHECK(frame["seqno"] == 3);
  CHECK(frame["req_id"] == 7);
  CHECK(frame["size"] == 100);
  const Json fields = {{"headers", Json::array({Json::array({"X-One", "1"})})},
                       {"content", "hi"},
                       {"result_code", 404},
                       {"close", true}};
  CHECK(frame["fields"] == fields);
  CHECK(frame["frame"].get<std::string>().starts_with("3sr7ra"));  // DE CA FB AD.
}

TEST_CASE("long texts are cut, bytes that are no text are shown as base64") {
  const std::string text(5000, 'a');
  CHECK(shown(wire::Event{text})["fields"]["json"] == std::string(4096, 'a'));
  CHECK(shown(wire::Event{text})["fields"]["cut"] == true);
  CHECK_FALSE(shown(wire::Event{"short"})["fields"].contains("cut"));
  wire::HttpResponse response;
  response.content = std::string_view("\xFF\x00\x01", 3);
  CHECK(shown(response)["fields"]["content"] == Json{{"base64", "/wAB"}});
}

TEST_CASE("credentials are shown neither in the fields nor in the bytes") {
  const std::string text = wire_json(sent(wire::HttpAuth{"0123456789ABCDEF"}), {});
  const Json frame = Json::parse(text);
  CHECK(frame["fields"]["token"] == "***");
  const Json masked = shown(wire::HttpAuth{"***"});
  CHECK(frame["frame"] == masked["frame"]);
}

TEST_CASE("a frame that cannot be read is shown with the reason, and without its bytes") {
  const TappedFrame frame{.direction = Direction::in,
                          .codec = wire::codec_v0(),
                          .name = "MESSAGE",
                          .seqno = {},
                          .command = nullptr,
                          .problem = "required field 2 is missing",
                          .bytes = "secret",
                          .size = 6};
  const Json json = Json::parse(wire_json(frame, {}));
  CHECK(json["problem"] == "required field 2 is missing");
  CHECK_FALSE(json.contains("frame"));
}

TEST_CASE("a filter is made of a query or of JSON") {
  const wire::Command ping = wire::Ping{};
  const wire::Command pong = wire::Pong{};
  const auto by_query = WireFilter::of("PING,MESSAGE", "out");
  REQUIRE(by_query);
  CHECK(by_query->wants(sent(ping)));
  CHECK_FALSE(by_query->wants(sent(pong)));
  CHECK_FALSE(WireFilter::of("", "in")->wants(sent(ping)));
  CHECK(WireFilter::of("", "")->wants(sent(ping)));
  CHECK_FALSE(WireFilter::of("", "sideways"));
  CHECK(WireFilter::of(Json{{"commands", {"PONG"}}})->wants(sent(pong)));
  CHECK_FALSE(WireFilter::of(Json{{"commands", {"PONG"}}, {"direction", ""}})->wants(sent(ping)));
  for (const Json& wrong : {Json(1), Json{{"commands", "PING"}}, Json{{"commands", {1}}}, Json{{"direction", 2}}}) {
    CHECK_FALSE(WireFilter::of(wrong));
  }
}

TEST_CASE("a viewer sees what its filter lets through, which may change") {
  Viewing test;
  test.viewer->set_filter(*WireFilter::of("PONG", ""));
  test.show(wire::Ping{});
  test.settle();
  CHECK(test.seen.empty());
  test.viewer->set_filter({});
  test.show(wire::Ping{});
  test.settle();
  REQUIRE(test.seen.size() == 1);
  CHECK(test.seen[0]["command"] == "PING");
}

TEST_CASE("a viewer that is too slow loses frames and is told how many") {
  Viewing test;
  for (int i = 0; i < 50; ++i) test.show(wire::Ping{});  // More than may be under way.
  test.settle();
  std::uint64_t lost = 0;
  std::size_t frames = 0;
  for (const Json& message : test.seen) {
    lost += message.value("dropped", std::uint64_t{0});
    frames += message.contains("command") ? 1U : 0U;
  }
  CHECK(frames > 0);
  CHECK(frames + lost == 50);

  test.room = false;
  test.show(wire::Ping{});
  test.show(wire::Ping{});
  test.settle();
  test.room = true;
  test.show(wire::Ping{});  // It is told nothing before all that waited has been read.
  test.settle();
  test.viewer->drained();
  test.seen.clear();
  test.show(wire::Ping{});
  test.settle();
  REQUIRE(test.seen.size() == 2);
  CHECK(test.seen[0] == Json{{"dropped", 3}});
}

TEST_CASE("a viewer that has gone is shown nothing more") {
  Viewing test;
  test.show(wire::Ping{});
  test.viewer->close();
  test.settle();
  CHECK(test.seen.empty());
}
