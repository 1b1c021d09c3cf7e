#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>

namespace kismet::testing {

/// Runs `function` in a process of its own, for what cannot be undone; returns what it returned, or -1 if a signal
/// ended it. It must not use Catch's macros.
template <typename Function>
int in_child(Function function) {
  const ::pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    int result = 255;
    try {
      result = function();
    } catch (...) {
    }
    ::_exit(result);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace kismet::testing
