#pragma once

#include <vector>

#include "httpd/router.h"

namespace kismet {

/// Polite empty answers for what Kismet's web UI and scripts ask about and this daemon has none of: devices, data
/// sources, channels, positions, packets (HTTP_API.md B3, B7). They read; commands stay 404, since nothing would be
/// done. No helper is kept from taking such an address: its own route goes before these. Thread rule: as Handler.
std::vector<Route> compat_stub_routes();

}  // namespace kismet
