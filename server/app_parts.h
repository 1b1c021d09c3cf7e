#pragma once

#include <string>
#include <vector>

#include "httpd/httpd_context.h"
#include "httpd/mime_types.h"
#include "httpd/static_files.h"
#include "msgbus/message.h"
#include "msgbus/sinks.h"
#include "server/config.h"
#include "server/log_writer.h"
#include "server/system_status.h"

namespace kismet {

// What the configuration means for the parts of the daemon (app.cc puts them together).

ConsoleSettings console_settings(const SystemConfig& config);
MimeTypes mime_types(const HttpdConfig& config);
StaticSettings static_settings(const HttpdConfig& config);
SystemInfo system_info(const SystemConfig& config);

/// One answered request, as a line of the console's: who asked, for what, of which helper, and what came of it.
Message request_message(const Request& request, const RequestRecord& record, WallTime now);

/// Whether there is a log database to write.
bool log_wanted(const LoggingConfig& config);
/// Writes logs where `config` says.
LogWriter log_writer(const Config& config);
/// The logs that there are.
std::vector<std::string> existing_logs(const Config& config);

}  // namespace kismet
