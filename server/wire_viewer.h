#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/loop.h"
#include "external/wire_tap.h"

namespace kismet {

/// Which frames somebody wants to see.
struct WireFilter {
  std::vector<std::string> commands;  // By name; none: all.
  std::optional<TappedFrame::Direction> direction;

  bool wants(const TappedFrame& frame) const;
  /// Of "HTTPREQUEST,PING" and "in"; empty texts bound nothing. Nothing: a direction that is none.
  static std::optional<WireFilter> of(std::string_view commands, std::string_view direction);
  /// Of {"commands": [...], "direction": "..."}.
  static std::optional<WireFilter> of(const nlohmann::json& json);
};

/// Somebody who looks at the wire of a helper, which may be on another loop. What he does not take in time is lost,
/// counted, and he is told.
/// Thread rule: frame() on the helper's loop; close() on the client's, which `show` is called on; set_filter()
/// everywhere. Shared by the client's task and the helper's watch.
class WireViewer : public std::enable_shared_from_this<WireViewer> {
 public:
  /// What became of a message: taken; no room for it until what waits has been read, see drained(); or never.
  enum class Shown : std::uint8_t { taken, full, never };
  using Show = std::function<Shown(std::shared_ptr<const std::string>)>;

  /// `limit`: bytes that may be on their way to the client's loop.
  WireViewer(Loop& client, WireFilter filter, std::size_t limit, Show show);

  void set_filter(WireFilter filter);
  void frame(const TappedFrame& frame, WallTime time);
  /// The client has read all that waited for it. On its loop.
  void drained() { full_ = false; }
  /// `show` is called no more.
  void close() { show_ = nullptr; }

 private:
  void arrive(const std::shared_ptr<const std::string>& text);
  bool taken(std::shared_ptr<const std::string> text);

  Loop& client_;
  const std::size_t limit_;
  std::mutex mutex_;  // Guards the filter.
  WireFilter filter_;
  std::atomic<std::size_t> on_their_way_{0};
  std::atomic<std::uint64_t> dropped_{0};
  Show show_;
  bool full_ = false;
};

}  // namespace kismet
