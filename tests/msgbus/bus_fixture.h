#pragma once

#include <boost/asio/io_context.hpp>
#include <string>
#include <vector>

#include "eventbus/event_bus.h"
#include "msgbus/message_bus.h"

namespace kismet {

/// A message bus with a sink and a listener that remember what reached them.
struct Buses {
  explicit Buses(const MessageBusSettings& settings = {}) : messages(clock, events, settings) {
    messages.add_sink([this](const Message& message) { written.push_back(message); });
  }

  std::vector<std::string> texts() const {
    std::vector<std::string> all;
    for (const Message& message : written) all.push_back(message.text);
    return all;
  }
  std::vector<std::string> recent_texts() const {
    std::vector<std::string> all;
    for (const Message& message : messages.recent()) all.push_back(message.text);
    return all;
  }
  void deliver() {
    loop.restart();
    loop.run();
  }

  ManualClock clock;
  EventBus events{clock};
  MessageBus messages;
  net::io_context loop;
  std::vector<Message> written;
  std::vector<EventPtr> heard;
  Subscription subscription = events.subscribe({.topics = {"MESSAGE", "ALERT"}}, loop.get_executor(),
                                               [this](const EventPtr& event) { heard.push_back(event); });
};

using Texts = std::vector<std::string>;

}  // namespace kismet
