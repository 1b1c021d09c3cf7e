#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "external/messages.h"

/// The commands' own messages, which v0 and v2 share; only what stands around them differs.
namespace kismet::wire::protobuf {

std::size_t command_size(const Command& command);
std::uint8_t* write_command(const Command& command, std::uint8_t* at);
/// Reads the message of the command called `name`; one that nobody knows becomes Unknown. Returns what is wrong, or an
/// empty string.
std::string read_command(std::string_view name, std::string_view payload, Command& command);

}  // namespace kismet::wire::protobuf
