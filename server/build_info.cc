#include "server/build_info.h"

namespace kismet {

const BuildInfo& build_info() {
  static constexpr BuildInfo kInfo{KISMET_VERSION, KISMET_CONFIG_DIR, KISMET_DATA_DIR};
  return kInfo;
}

}  // namespace kismet
