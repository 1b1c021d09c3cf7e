#pragma once

#include <string_view>

namespace kismet {

/// Whether `topic` belongs to the daemon (docs/EVENTS.md), so that neither a helper nor a client may publish it: what
/// it publishes itself, and what the field's other daemon does, which listeners take for its word.
bool is_core_event(std::string_view topic);

}  // namespace kismet
