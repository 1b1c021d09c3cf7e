#pragma once

#include <optional>
#include <string>
#include <vector>

#include "httpd/listen_address.h"
#include "server/config_problem.h"
#include "server/config_value.h"

namespace kismet {

struct HttpdConfig;

/// One place where the web server listens: a line of `httpd_listen`, or what the older options say.
struct WebListener {
  ListenAddress address;
  std::optional<bool> tls;  // Unset: as httpd_ssl says; never for a unix socket.
  ConfigPlace place;        // Of its line; for messages.

  bool operator==(const WebListener& other) const { return address == other.address && tls == other.tls; }
};

/// `ADDRESS:PORT[,tls|plain]` or `unix:/PATH[,tls|plain][,mode=0660][,group=NAME]`. The path's %-pairs are expanded;
/// the group is looked up.
ValueType<WebListener> web_listener();

/// All places where `config` has the server listen, each with its `tls` decided.
std::vector<WebListener> web_listeners(const HttpdConfig& config);

/// Where a client finds it: "https://[::1]:2501/", "unix:/run/kismet/http.sock (http)". `tls` must be decided.
std::string shown_url(const WebListener& listener);

/// Whether only programs of this machine reach it.
bool is_local(const WebListener& listener);

}  // namespace kismet
