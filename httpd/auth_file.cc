#include "httpd/auth_file.h"

#include "base/atomic_file.h"
#include "httpd/headers.h"

namespace kismet {

namespace {

constexpr std::size_t kFileLimit = 64 * 1024;

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

/// The first value counts.
void take_line(Login& login, std::string_view line) {
  const std::size_t equals = line.find('=');
  if (line.starts_with('#') || equals == std::string_view::npos) return;
  const std::string_view key = trim(line.substr(0, equals));
  const std::string_view value = trim(line.substr(equals + 1));
  if (iequals(key, "httpd_username") && login.name.empty()) login.name = value;
  if (iequals(key, "httpd_password") && login.secret.empty()) login.secret = value;
}

}  // namespace

AuthFile read_auth_file(const std::string& path) {
  AuthFile file;
  if (path.empty()) return file;
  const auto content = read_whole_file(path, kFileLimit);
  if (!content) {
    if (content.error() != boost::system::errc::no_such_file_or_directory) {
      file.error = path + ": " + content.error().message();
    }
    return file;
  }
  for (std::string_view rest = *content; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    take_line(file.login, rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  if (file.login.name.empty() != file.login.secret.empty()) {
    file.error = path + ": httpd_username and httpd_password need each other; one is missing or empty";
    file.login = {};
  } else if (!file.login.name.empty()) {
    file.login.source = Login::Source::file;
  }
  return file;
}

std::string write_auth_file(const std::string& path, const Login& login) {
  const std::string content =
      "# The login of the web server. Written by kismet: the password is a hash, and cannot be read from it.\n"
      "# `kismet passwd` sets a new one.\n"
      "httpd_username=" +
      login.name + "\nhttpd_password=" + login.secret + "\n";
  const auto lock = FileLock::acquire(path);
  if (!lock) return path + ".lock: " + lock.error().message();
  const boost::system::error_code ec = replace_file(path, content, 0600);
  return ec ? path + ": " + ec.message() : std::string{};
}

std::string set_login_in_file(const std::string& path, const std::string& name, const std::string& password,
                              HashCost cost) {
  if (path.empty()) return "no auth file is configured (httpd_auth_file)";
  if (std::string refusal = refuse_login(name, password); !refusal.empty()) return refusal;
  const Login login{Login::Source::file, name, hash_password(password, cost)};
  if (login.secret.empty()) return "not enough memory to hash the password";
  return write_auth_file(path, login);
}

}  // namespace kismet
