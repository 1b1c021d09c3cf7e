#pragma once

#include <string>
#include <vector>

#include "httpd/httpd_context.h"
#include "httpd/mime_types.h"
#include "httpd/static_files.h"
#include "msgbus/message.h"
#include "msgbus/sinks.h"
#include "server/config.h"
#include "server/dynamic_endpoints.h"
#include "server/log_writer.h"
#include "server/system_status.h"

namespace kismet {

// What the configuration means for the parts of the daemon (app.cc puts them together).

ConsoleSettings console_settings(const SystemConfig& config);
MimeTypes mime_types(const HttpdConfig& config);
/// The folders of pages: the user's, the daemon's.
StaticSettings static_settings(const HttpdConfig& config);
/// Whether there is a page at "/". Blocks.
bool has_front_page(const StaticSettings& settings);
/// Whether compat_stubs means yes: Kismet's web pages are there, or plugins bring modules for them. Blocks.
bool compat_stubs_wanted(const HttpdConfig& config, const std::vector<UiModule>& modules);
SystemInfo system_info(const SystemConfig& config);

/// One answered request, as a line of the console's: who asked, for what, of which helper, and what came of it.
Message request_message(const Request& request, const RequestRecord& record, WallTime now);

/// Whether there is a log database to write.
bool log_wanted(const LoggingConfig& config);
/// Writes logs where `config` says.
LogWriter log_writer(const Config& config);
/// The folder that a new log goes to.
std::string log_folder(const Config& config);
/// The logs that there are.
std::vector<std::string> existing_logs(const Config& config);

}  // namespace kismet
