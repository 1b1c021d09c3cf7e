#include "server/core_events.h"

#include <algorithm>
#include <array>

namespace kismet {

namespace {

using namespace std::string_view_literals;

constexpr std::array kCoreEvents = {
    "ALERT"sv,
    "BATTERY"sv,
    "CONFIG_RELOADED"sv,
    "DATASOURCE_CLOSED"sv,
    "DATASOURCE_ERROR"sv,
    "DATASOURCE_OPENED"sv,
    "DATASOURCE_PAUSED"sv,
    "DATASOURCE_RESUMED"sv,
    "DOT11_ADVERTISED_SSID"sv,
    "DOT11_PROBED_SSID"sv,
    "DOT11_RESPONSE_SSID"sv,
    "DOT11_WPA_HANDSHAKE"sv,
    "GPS_LOCATION"sv,
    "HELPER_BUDGET"sv,
    "HELPER_CHANGED"sv,
    "HELPER_EXITED"sv,
    "HELPER_FAILED"sv,
    "HELPER_READY"sv,
    "HELPER_RESTARTING"sv,
    "HELPER_STARTED"sv,
    "HELPER_STOPPED"sv,
    "HELPER_STOPPING"sv,
    "HELPER_SWAPPED"sv,
    "HELPER_SWAP_FAILED"sv,
    "KISMETDB_LOG_OPEN"sv,
    "MESSAGE"sv,
    "NEW_DATASOURCE"sv,
    "NEW_DEVICE"sv,
    "NEW_PHY"sv,
    "PACKETCHAIN_STATS"sv,
    "RADIATION"sv,
    "STATISTICS"sv,
    "TIMESTAMP"sv,
    "URI_REGISTERED"sv,
    "URI_REMOVED"sv,
};
static_assert(std::is_sorted(kCoreEvents.begin(), kCoreEvents.end()));

}  // namespace

bool is_core_event(std::string_view topic) {
  return std::binary_search(kCoreEvents.begin(), kCoreEvents.end(), topic);
}

}  // namespace kismet
