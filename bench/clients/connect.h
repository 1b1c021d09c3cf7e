#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace kismet::bench {

/// Where the clients go, and as whom.
struct Destination {
  std::uint16_t port = 0;  // On 127.0.0.1.
  std::string path = "/bench/hello";
  std::string cookie;  // The value of KISMET; empty for none.
};

/// A non-blocking socket, connected. `receive_buffer`: bytes, 0 for the system's choice. Ends the program if nobody is
/// there: a benchmark without its server has nothing to say.
UniqueFd connect_to(std::uint16_t port, int receive_buffer = 0);

/// The bytes of a GET; `more`: further header lines, each with its CRLF.
std::string get_request(const Destination& to, std::string_view more = {});

/// Writes all of `bytes`, waiting if need be. False: the connection is gone.
bool send_all(int socket, std::string_view bytes);

/// What a socket has, at the most as much as fits into `space`, where it is; empty: nothing now. Nothing: the
/// connection is gone.
std::optional<std::string_view> receive(int socket, std::span<char> space);

/// The descriptors that this process may open, raised as far as the system lets it.
void raise_descriptor_limit();

}  // namespace kismet::bench
