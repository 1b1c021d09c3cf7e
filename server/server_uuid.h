#pragma once

#include <string>

namespace kismet {

/// The identity that a daemon keeps over its restarts.
struct ServerUuid {
  std::string uuid;
  std::string warning;  // For people: it could not be read or kept, and is good for this run alone.
};

/// The UUID in `config_dir`/kismet_server_id.conf; a random one is made and kept there if there is none. Blocks.
ServerUuid kept_server_uuid(const std::string& config_dir);

}  // namespace kismet
