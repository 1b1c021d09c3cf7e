#pragma once

#include <string>

#include "base/clock.h"
#include "external/wire_tap.h"

namespace kismet {

constexpr std::string_view to_string(TappedFrame::Direction direction) {
  return direction == TappedFrame::Direction::in ? "in" : "out";
}

/// A frame as one line of JSON, without credentials (docs/SUPERVISION.md, "Looking at the wire").
/// Thread rule: safe everywhere.
std::string wire_json(const TappedFrame& frame, WallTime time);

/// The first line of a recording of them.
std::string wire_record_head(std::string_view helper, WallTime time);

}  // namespace kismet
