#pragma once

#include <cerrno>

namespace kismet {

/// Whether an accept() that failed with `error` tells of that one connection, which had ended before it was accepted,
/// and the next may be had at once. Whatever else it is lies with the system or the listening socket, and lasts: trying
/// again without a pause would only burn.
constexpr bool is_of_one_connection(int error) {
  switch (error) {
    case EINTR:
    case ECONNABORTED:
    case ECONNRESET:
    case EPROTO:
    case ENOPROTOOPT:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENONET:
    case ETIMEDOUT:
    case EPERM:  // A firewall's.
      return true;
    default:
      return false;
  }
}

}  // namespace kismet
