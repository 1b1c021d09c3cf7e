#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "httpd/httpd_context.h"
#include "httpd/request.h"

namespace kismet {

/// One answered request as a line of the access log: the combined format that web servers share, and behind it the
/// helper that answered ("-": none), seconds from the request's head to the answer's and to its end, and "done" or
/// "cut" (docs/HTTP.md). Whatever the client sent, it is one line whose fields stay apart, and holds no credential.
std::string access_log_line(const Request& request, const RequestRecord& record, WallTime end);

/// A target or a Referer with the values of credentials in its query (KISMET, user, password) put out of sight.
std::string without_credentials(std::string_view target);

}  // namespace kismet
