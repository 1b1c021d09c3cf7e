#include "server/wire_viewer.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "server/wire_json.h"

namespace kismet {

bool WireFilter::wants(const TappedFrame& frame) const {
  if (direction && *direction != frame.direction) return false;
  return commands.empty() || std::find(commands.begin(), commands.end(), frame.name) != commands.end();
}

std::optional<WireFilter> WireFilter::of(std::string_view commands, std::string_view direction) {
  WireFilter filter;
  while (!commands.empty()) {
    const std::size_t comma = std::min(commands.find(','), commands.size());
    if (comma > 0) filter.commands.emplace_back(commands.substr(0, comma));
    commands.remove_prefix(std::min(comma + 1, commands.size()));
  }
  if (direction.empty()) return filter;
  if (direction != "in" && direction != "out") return std::nullopt;
  filter.direction = direction == "in" ? TappedFrame::Direction::in : TappedFrame::Direction::out;
  return filter;
}

std::optional<WireFilter> WireFilter::of(const nlohmann::json& json) {
  if (!json.is_object()) return std::nullopt;
  std::string names;
  if (const auto commands = json.find("commands"); commands != json.end() && !commands->is_null()) {
    if (!commands->is_array()) return std::nullopt;
    for (const nlohmann::json& command : *commands) {
      if (!command.is_string()) return std::nullopt;
      names.append(command.get_ref<const std::string&>()).append(",");
    }
  }
  const auto direction = json.find("direction");
  if (direction == json.end() || direction->is_null()) return of(names, {});
  return direction->is_string() ? of(names, direction->get_ref<const std::string&>()) : std::nullopt;
}

WireViewer::WireViewer(Loop& client, WireFilter filter, std::size_t limit, Show show)
    : client_(client), limit_(limit), filter_(std::move(filter)), show_(std::move(show)) {}

void WireViewer::set_filter(WireFilter filter) {
  const std::lock_guard lock(mutex_);
  filter_ = std::move(filter);
}

void WireViewer::frame(const TappedFrame& frame, WallTime time) {
  {
    const std::lock_guard lock(mutex_);
    if (!filter_.wants(frame)) return;
  }
  if (on_their_way_.load(std::memory_order_relaxed) + frame.size > limit_) {
    ++dropped_;
    return;
  }
  auto text = std::make_shared<const std::string>(wire_json(frame, time));
  on_their_way_ += text->size();
  net::post(client_.get_executor(), [self = shared_from_this(), text = std::move(text)] {
    self->on_their_way_ -= text->size();
    self->arrive(text);
  });
}

void WireViewer::arrive(const std::shared_ptr<const std::string>& text) {
  if (!show_) return;
  if (full_) {  // Until there is much room: a loss is told once, and not for each frame.
    ++dropped_;
    return;
  }
  if (const std::uint64_t lost = dropped_.exchange(0); lost > 0) {
    const nlohmann::json told{{"dropped", lost}};
    if (!taken(std::make_shared<const std::string>(told.dump()))) dropped_ += lost;
  }
  if (full_ || !taken(text)) ++dropped_;
}

bool WireViewer::taken(std::shared_ptr<const std::string> text) {
  const Shown shown = show_(std::move(text));
  full_ = shown == Shown::full;
  return shown == Shown::taken;
}

}  // namespace kismet
