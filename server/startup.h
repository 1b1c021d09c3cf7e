#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/make_folder.h"
#include "httpd/listen_address.h"
#include "httpd/tls_context.h"
#include "server/config.h"
#include "server/exit_code.h"

namespace kismet {

/// What is done once, while the daemon has one thread and all the rights that it was started with: it takes its
/// addresses, its certificate and its folders; then it gives up its rights and closes the sandbox. What comes of it is
/// the daemon's to go on with. Owned by main(), and outlives the daemon.
struct Startup {
  struct Place {
    WebListener where;  // With the port that it got.
    Listening listening;
  };
  std::vector<Place> places;
  std::unique_ptr<TlsContext> tls = std::make_unique<TlsContext>();
  std::optional<Listening> control;        // For `kismet ctl`, if it is wanted and could be had.
  std::optional<Listening> remote;         // For helpers that connect over TCP, if they may and it could be had.
  std::unique_ptr<TlsContext> remote_tls;  // Null: they speak without TLS.
  std::vector<std::string> remarks;        // For people.
  std::vector<std::string> troubles;       // For people: what is not as it was wanted; the daemon goes on.
  std::string error;                       // For people: not empty: the daemon must end, with `code`.
  ExitCode code = ExitCode::ok;
};

/// `config_files` are those that were read.
Startup start_up(const Config& config, std::span<const std::string> config_files);

/// Makes the folders that `config` wants to write to, where only they themselves are missing, for `owner` if there is
/// one.
void make_folders(const Config& config, const std::optional<Owner>& owner);
/// Which of these folders cannot be written, why, and what that costs.
std::vector<std::string> unwritable_folders(const Config& config);

}  // namespace kismet
