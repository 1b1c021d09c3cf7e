#include "httpd/identity.h"

#include <utility>

#include "base/atomic_file.h"
#include "httpd/apikey_endpoints.h"
#include "httpd/session_endpoints.h"

namespace kismet {

Identity::Identity(Loops& loops, Worker& worker, IdentitySettings settings, Audit audit)
    : loops_(loops),
      settings_(std::move(settings)),
      audit_(std::move(audit)),
      passwords_(loops, worker, settings_, audit_),
      tokens_(loops, worker, settings_, audit_),
      authenticator_(loops, worker, settings_, passwords_, tokens_, audit_),
      tasks_(loops.first().get_executor(),
             [this](const std::string& task, const std::string& what) { audit_(task + ": " + what); }),
      watch_(loops.first().get_executor(), [this] { files_changed(); }) {
  passwords_.on_change([this](const Login& login) {
    tokens_.end_sessions(login);
    authenticator_.forget_logins();
  });
}

std::string Identity::load() {
  if (std::string error = passwords_.load(); !error.empty()) return error;
  if (std::string error = tokens_.load(*passwords_.login()); !error.empty()) return error;
  if (settings_.username.empty()) watch(settings_.auth_file);
  watch(settings_.session_db);
  return {};
}

void Identity::watch(const std::string& path) {
  if (path.empty()) return;
  boost::system::error_code ec = make_folder_of(path);
  if (!ec) ec = watch_.add(path);
  if (ec) audit_(path + " is not watched (" + ec.message() + "): changes of it count after SIGHUP or a restart");
}

void Identity::files_changed() {
  changed_ = true;
  if (tasks_.running() == 0) tasks_.spawn("reading logins again", take_up_changes());
}

Task<void> Identity::take_up_changes() {
  while (std::exchange(changed_, false)) co_await reload();
}

Task<void> Identity::reload() {
  co_await passwords_.reload();
  co_await tokens_.reload_keys();
}

Task<void> Identity::stop() {
  watch_.close();
  co_await tasks_.drained();
  co_await saved();
}

std::vector<Route> Identity::routes() {
  std::vector<Route> routes = session_routes(loops_, passwords_, tokens_, authenticator_, audit_);
  for (Route& route : apikey_routes(loops_, tokens_, settings_, audit_)) routes.push_back(std::move(route));
  return routes;
}

}  // namespace kismet
