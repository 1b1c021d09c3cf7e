#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "external/wire_tap.h"
#include "server/helper_control.h"

namespace kismet {

/// What is remembered of one helper beside its life, looked up in it for others, and who looks at its wire.
/// Thread rule: all members on the helper's loop. Owned by Helpers, beside the helper's life.
class HelperWatch final : public WireTap {
 public:
  /// `change` has just happened to `life`.
  void changed(const HelperLife& life, const HelperChange& change);

  /// The helper as it is now; with the oldest `requests` of its open requests.
  HelperView view(const HelperLife& life, std::size_t requests) const;
  static HelperOutput output(const HelperLife& life);

  void add(const HelperLife& life, std::shared_ptr<WireViewer> viewer);
  void remove(const HelperLife& life, const std::shared_ptr<WireViewer>& viewer);
  void frame(const TappedFrame& frame) override;

 private:
  void tap(const HelperLife& life);

  std::deque<HelperMoment> history_;
  const Clock* clock_ = nullptr;  // Set with the first viewer.
  std::vector<std::shared_ptr<WireViewer>> viewers_;
};

}  // namespace kismet
