#pragma once

#include <chrono>
#include <iosfwd>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "server/ctl_client.h"
#include "server/ctl_request.h"

namespace kismet {

/// What `kismet ctl top` shows, made of one look at the daemon after the other: rates are between two of them.
/// Thread rule: one thread at a time.
class TopView {
 public:
  struct Look {
    nlohmann::json status, helpers, messages;
    std::chrono::steady_clock::time_point at;
  };
  struct Size {
    std::size_t rows = 0;  // 0: all.
    std::size_t columns = 0;
  };

  /// The page for `look`; in a terminal at most as large as that is.
  std::string page(const Look& look, Size size, bool colours);

 private:
  struct Counts {
    double requests = 0, bytes = 0;
  };
  std::string head(const Look& look, bool colours) const;

  std::map<std::string, Counts> before_;
  std::chrono::steady_clock::time_point before_at_{};
};

/// Where it is shown.
struct TopOutput {
  bool terminal = false;
  bool colours = false;
};

/// `kismet ctl top`: each second anew on a terminal, until q; once on anything else.
CtlExit run_top(const CtlClient& client, TopOutput where, std::ostream& out, std::ostream& err);

}  // namespace kismet
