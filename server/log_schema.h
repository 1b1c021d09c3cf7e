#pragma once

#include <string_view>

#include "server/sqlite.h"

namespace kismet {

/// Makes `database` a kismetdb of db_version 10 (HTTP_API.md B4), if it is none yet: its tables KISMET, messages,
/// alerts and snapshots, which this daemon fills, those of devices and packets, which stay empty so that tools find
/// them, and two of our own: message_details (what a message's row has no column for, by the row's rowid) and events.
SqlFault create_log_schema(Sqlite& database, std::string_view version);

}  // namespace kismet
