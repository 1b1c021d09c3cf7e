#pragma once

#include <string>

namespace kismet {

/// A password as a person typed it, or why there is none.
struct TypedPassword {
  std::string password;
  std::string error;  // For people; empty: there is a password.
};

/// Asks twice on the terminal, without showing what is typed; the terminal is put right again even if a signal ends the
/// program meanwhile. Blocks.
TypedPassword ask_password(const std::string& name);
/// The first line of standard input. Blocks.
TypedPassword read_password_line();

}  // namespace kismet
