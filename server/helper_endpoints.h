#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/loop.h"
#include "httpd/router.h"
#include "msgbus/message_bus.h"
#include "server/helper_control.h"
#include "server/helper_routes.h"

namespace kismet {

/// What the pages about helpers are made of; outlives their handlers.
struct HelperPages {
  Loop& home;  // The loop of `control`.
  HelperControl& control;
  const HelperRoutes& uris;
  MessageBus& messages;
  const Clock& clock;
};

/// /helpers/all.*, /helpers/NAME.*, /helpers/NAME/log.* for the role readonly, and the commands
/// /helpers/NAME/{start,stop,restart}.cmd for admins; each use of these is a line on the message bus.
/// Thread rule: as Handler.
std::vector<Route> helper_control_routes(const HelperPages& pages);

/// A path's segment NAME.EXTENSION: names may have dots, extensions have none.
struct NamedFile {
  std::string name;
  std::string extension;

  /// `segment` as it stands in the path. Nothing if one of the two is missing.
  static std::optional<NamedFile> of(std::string_view segment);
};

}  // namespace kismet
