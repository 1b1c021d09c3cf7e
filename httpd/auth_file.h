#pragma once

#include <string>

#include "httpd/login.h"

namespace kismet {

/// What an auth file (httpd_auth_file) holds: `httpd_username=` and `httpd_password=` lines in Kismet's configuration
/// syntax.
struct AuthFile {
  Login login;        // Source::none: there is no file, or no login in it.
  std::string error;  // For people: it is there, and cannot be used. Then nobody may log in, nor set a password.
};

AuthFile read_auth_file(const std::string& path);
/// Replaces the file (0600). Returns an empty string, or why not.
std::string write_auth_file(const std::string& path, const Login& login);

/// `kismet passwd`: checks, hashes and writes a new login; a daemon that uses the file takes it up at once and ends the
/// sessions of the old one. Returns an empty string, or why not. Blocks.
std::string set_login_in_file(const std::string& path, const std::string& name, const std::string& password,
                              HashCost cost);

}  // namespace kismet
