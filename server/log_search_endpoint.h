#pragma once

#include <memory>
#include <vector>

#include "base/worker.h"
#include "httpd/router.h"
#include "server/log_search.h"

namespace kismet {

/// GET and POST /messagebus/search.*: text, helper, severity, from, to, limit and cursor, as variables or as the
/// request's JSON. Answers {"kismet.messagebus.list": [...], "kismet.messagebus.cursor": "..."} from all logs, newest
/// first. Thread rule: as Handler. Searches run on `worker`, which should be no other's; it and `clock` outlive the
/// handlers.
std::vector<Route> log_search_routes(LogSearch::Files files, Worker& worker, const Clock& clock);

}  // namespace kismet
