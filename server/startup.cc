#include "server/startup.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "server/app_parts.h"
#include "server/rights.h"
#include "server/sandbox.h"

namespace kismet {
namespace {

constexpr mode_t kPrivate = 0700;
constexpr mode_t kForLogs = 0750;

/// A folder that the daemon writes to.
struct WrittenFolder {
  std::string path;
  mode_t mode = kPrivate;
  std::string loss;  // What cannot be had without it, if nobody else says so.
};

std::vector<WrittenFolder> written_folders(const Config& config) {
  std::vector<WrittenFolder> all;
  const auto add = [&all](std::string path, mode_t mode, const std::string& loss) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    const auto same = [&path](const WrittenFolder& folder) { return folder.path == path; };
    if (const auto found = std::find_if(all.begin(), all.end(), same); found != all.end()) {
      if (!loss.empty()) found->loss += (found->loss.empty() ? "" : "; ") + loss;
    } else {
      all.push_back({std::move(path), mode, loss});
    }
  };
  add(config.system.config_dir, kPrivate, "");
  const IdentitySettings& identity = config.identity;
  if (!identity.session_db.empty()) {
    add(folder_of(identity.session_db), kPrivate, "sessions and API keys end with the daemon");
  }
  if (identity.username.empty() && !identity.auth_file.empty()) {
    add(folder_of(identity.auth_file), kPrivate, "no login can be set");
  }
  if (log_wanted(config.logging)) add(log_folder(config), kForLogs, "");
  if (!config.httpd.access_log.path.empty()) add(folder_of(config.httpd.access_log.path), kForLogs, "");
  return all;
}

void fail(Startup& out, ExitCode code, std::string error) {
  out.code = code;
  out.error = std::move(error);
}

void load_certificate(const Config& config, Startup& out) {
  const auto loaded = out.tls->load({config.httpd.ssl_certificate, config.httpd.ssl_key});
  if (!loaded.error.empty()) fail(out, ExitCode::configuration, loaded.error);
}

void open_listeners(const std::vector<WebListener>& listeners, const std::optional<NewIdentity>& identity,
                    Startup& out) {
  for (WebListener listener : listeners) {
    if (identity && !listener.address.unix_path.empty()) {
      listener.address.unix_user = identity->ids.user;
      if (!listener.address.unix_group) listener.address.unix_group = identity->ids.group;
    }
    Listening listening = open_listener(listener.address);
    if (!listening.error.empty()) {
      const std::string place = to_string(listener.place);
      return fail(out, ExitCode::cannot_listen, listening.error + (place.empty() ? "" : " (" + place + ")"));
    }
    if (listener.address.unix_path.empty()) listener.address.port = listening.port;
    out.places.push_back({std::move(listener), std::move(listening)});
  }
}

/// What cannot be had here is a trouble, and not the end.
void open_remote(const Config& config, Startup& out) {
  if (!config.remote.enabled) return;
  if (config.remote.ssl) {
    out.remote_tls = std::make_unique<TlsContext>();
    const TlsContext::Loaded loaded = out.remote_tls->load(remote_tls(config));
    if (!loaded.error.empty()) return out.troubles.push_back("helpers cannot connect over TLS: " + loaded.error);
  }
  ListenAddress address;
  address.address = config.remote.listen;
  address.port = config.remote.port;
  Listening listening = open_listener(address);
  if (!listening.error.empty()) return out.troubles.push_back("helpers cannot connect: " + listening.error);
  out.remote = std::move(listening);
}

/// After the folder has been made that it is in by default, which is for nobody else.
void open_control(const Config& config, const std::optional<NewIdentity>& identity, Startup& out) {
  if (config.httpd.control_socket.empty()) return;
  ListenAddress address;
  address.unix_path = config.httpd.control_socket;
  address.unix_mode = 0600;
  if (identity) {
    address.unix_user = identity->ids.user;
    address.unix_group = identity->ids.group;
  }
  Listening listening = open_listener(address);
  if (!listening.error.empty()) return out.troubles.push_back("kismet ctl cannot be used: " + listening.error);
  out.control = std::move(listening);
}

void become(const SystemConfig& config, const NewIdentity& identity, Startup& out) {
  if (std::string wrong = give_up_rights(identity.ids); !wrong.empty()) {
    return fail(out, ExitCode::failure, std::move(wrong));
  }
  for (const auto& [name, value] : identity.env) ::setenv(name.c_str(), value.c_str(), 1);
  out.remarks.push_back("root's rights are given up: runs as " + config.user + " (user " +
                        std::to_string(identity.ids.user) + ", group " + std::to_string(identity.ids.group) + ")");
}

void enter_sandbox(const Config& config, std::span<const std::string> config_files, Startup& out) {
  for (const auto* paths : {&config.system.sandbox_read, &config.system.sandbox_write}) {
    for (const std::string& path : *paths) {
      if (::access(path.c_str(), F_OK) != 0) out.troubles.push_back("sandbox: " + path + ": " + std::strerror(errno));
    }
  }
  Confined confined = confine(sandbox_rules(config, config_files));
  if (!confined.remark.empty()) out.remarks.push_back(std::move(confined.remark));
  for (std::string& shortfall : confined.shortfalls) {
    if (config.system.sandbox == SandboxMode::require) {
      return fail(out, ExitCode::failure, "sandbox=require: " + shortfall);
    }
    out.troubles.push_back("sandbox: " + std::move(shortfall));
  }
  if (::geteuid() == 0) {
    out.troubles.push_back("sandbox: root gets out of many a confinement: set user= to somebody else");
  }
}

}  // namespace

void make_folders(const Config& config, const std::optional<Owner>& owner) {
  for (const WrittenFolder& folder : written_folders(config)) make_folder(folder.path, folder.mode, owner);
}

std::vector<std::string> unwritable_folders(const Config& config) {
  std::vector<std::string> texts;
  for (const WrittenFolder& folder : written_folders(config)) {
    if (folder.loss.empty()) continue;
    if (::faccessat(AT_FDCWD, folder.path.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) == 0) continue;
    texts.push_back(folder.path + " cannot be written (" + std::strerror(errno) + "): " + folder.loss);
  }
  return texts;
}

Startup start_up(const Config& config, std::span<const std::string> config_files) {
  Startup out;
  const std::vector<WebListener> listeners = web_listeners(config.httpd);
  const std::optional<NewIdentity> identity = new_identity(config.system);
  if (std::any_of(listeners.begin(), listeners.end(), [](const WebListener& l) { return l.tls.value_or(false); })) {
    load_certificate(config, out);
  }
  if (out.error.empty()) open_listeners(listeners, identity, out);
  if (!out.error.empty()) return out;
  open_remote(config, out);
  std::optional<Owner> owner;
  if (identity) owner = {identity->ids.user, identity->ids.group};
  make_folders(config, owner);
  open_control(config, identity, out);
  if (identity) become(config.system, *identity, out);
  if (out.error.empty() && config.system.sandbox != SandboxMode::off) enter_sandbox(config, config_files, out);
  for (std::string& text : unwritable_folders(config)) out.troubles.push_back(std::move(text));
  return out;
}

}  // namespace kismet
