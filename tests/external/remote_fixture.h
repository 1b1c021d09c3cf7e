#pragma once

#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "external/remote_door.h"
#include "external/remote_helper.h"
#include "tests/external/session_fixture.h"

namespace kismet::testing {

/// A helper that connects by itself, the door that it comes in by, and whoever else comes. Time stands still but for
/// what advance() says.
struct RemoteTest {
  explicit RemoteTest(Medium over = Medium::memory, wire::Generation in = wire::Generation::v2)
      : medium(over), generation(in) {
    definition.name = "demo";
    definition.subsystem = "Demo Subsystem";
    definition.transport = HelperTransport::tcp;
    definition.ping_interval = std::chrono::milliseconds{0};
    messages.add_sink([this](const Message& message) { said.push_back(message.text); });
  }
  ~RemoteTest() {
    on_loop([this] { helper->request_stop("test over"); });
    TaskGroup ending(loop.get_executor(), {});
    ending.spawn("door", door->stop());
    settle();
    // The first ends a session that would not end; the second a farewell that this has brought to another connection.
    for (int i = 0; i < 2; ++i) advance(std::chrono::seconds{10});
  }

  /// Makes the helper and the door; start() is what the daemon does for one that is enabled.
  void start() {
    helper =
        std::make_unique<RemoteHelper>(loop, definition, RemoteHelper::Parts{services, messages, settings, remote});
    helper->on_change([this](const HelperLife&, const HelperChange& change) { changes.push_back(change.kind); });
    const auto find = [this](const std::string& name) { return name == helper->subsystem() ? helper.get() : nullptr; };
    door = std::make_unique<RemoteDoor>(loop, messages, remote, find);
    on_loop([this] { helper->start(); });
  }

  /// Somebody connects and says nothing yet.
  TestHelper& connects(const std::string& peer = "192.0.2.1:1000", const std::string& kind = "tcp") {
    TestHelper& guest = *guests.emplace_back(std::make_unique<TestHelper>());
    guest.generation = generation;
    Connection connection = connect(medium, loop.get_executor());
    guest.end = std::move(connection.helper_end);
    RemoteConnection in;
    in.transport = std::move(connection.transport);
    in.kind = kind;
    in.peer = peer;
    on_loop([&] { door->enter(std::move(in)); });
    return guest;
  }
  /// Somebody connects and says that it is the helper.
  TestHelper& registers(const std::string& peer = "192.0.2.1:1000", const std::string& kind = "tcp") {
    TestHelper& guest = connects(peer, kind);
    guest.sends(wire::SystemRegister{definition.subsystem});
    settle();
    return guest;
  }

  /// Runs `action` where the helper and the door live.
  void on_loop(const std::function<void()>& action) {
    net::post(loop.get_executor(), action);
    settle();
  }
  void settle() {
    for (int idle = 0; idle < 3;) {
      bool busy = false;
      for (const auto& guest : guests) busy = (guest->end && guest->reads()) || busy;
      loop.context().restart();
      busy = loop.context().poll() > 0 || busy;
      idle = busy ? 0 : idle + 1;
      if (medium == Medium::pipes) pass(std::chrono::milliseconds{20});  // Frames that are paced leave by the clock.
    }
  }
  void pass(std::chrono::nanoseconds time) {
    clock.advance(time);
    loop.deadlines().sweep();
  }
  void advance(std::chrono::nanoseconds time) {
    pass(time);
    settle();
  }

  HelperState state() const { return helper->state(); }
  bool has_said(const std::string& part) const {
    for (const std::string& text : said) {
      if (text.find(part) != std::string::npos) return true;
    }
    UNSCOPED_INFO("what was said:");
    for (const std::string& text : said) UNSCOPED_INFO("  " << text);
    return false;
  }
  /// Why the daemon has sent `guest` away; empty if it has not.
  static std::string farewell(TestHelper& guest) {
    const auto heard = guest.heard<wire::Shutdown>();
    return heard.empty() ? std::string() : std::string(heard.front().reason);
  }

  const Medium medium;
  const wire::Generation generation;
  ManualClock clock;
  Loop loop{clock};
  EventBus bus{clock};
  MessageBus messages{clock, bus};
  FakeServices services{bus, loop.get_executor()};
  HelperDefinition definition;
  SupervisorSettings settings;
  RemoteSettings remote;
  std::unique_ptr<RemoteHelper> helper;
  std::unique_ptr<RemoteDoor> door;
  std::vector<std::unique_ptr<TestHelper>> guests;
  std::vector<std::string> said;
  std::vector<HelperChange::Kind> changes;
};

/// The same over everything that stands for a connection, in every generation.
struct AnyRemote : RemoteTest {
  AnyRemote()
      : RemoteTest(GENERATE(Medium::memory, Medium::memory_byte_by_byte, Medium::pipes),
                   GENERATE(wire::Generation::v0, wire::Generation::v2, wire::Generation::v3)) {}
};

}  // namespace kismet::testing
