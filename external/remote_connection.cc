#include "external/remote_connection.h"

#include <array>
#include <boost/asio/error.hpp>
#include <utility>
#include <variant>

#include "base/utf8.h"
#include "external/datasource_commands.h"
#include "external/frame.h"
#include "external/prefixed_transport.h"

namespace kismet {

namespace {

constexpr std::size_t kReadAtOnce = 4 * 1024;
constexpr std::size_t kFramesWhileEnding = 64;  // Reads; one that sends on is not listened to for long.

std::string reason_of(const boost::system::error_code& ec, std::size_t bytes) {
  if (ec == net::error::eof) {
    return bytes == 0 ? "closed without a word" : "closed " + std::to_string(bytes) + " bytes into its first frame";
  }
  return "was lost before it had said who it is: " + ec.message();
}

/// What the first frame says. Returns why it is no good, or an empty string.
std::string learn_from(const wire::Frame& frame, RemoteConnection& connection) {
  connection.codec = &wire::codec_of(frame.generation);
  const wire::Decoded decoded = connection.codec->decode(frame);
  if (!decoded.problem.empty()) return "its first command cannot be read: " + decoded.problem;
  if (const auto* unknown = std::get_if<wire::Unknown>(&decoded.command)) {
    if (is_datasource_command(*unknown)) return std::string(kNoCapture);
  }
  if (const auto* registration = std::get_if<wire::SystemRegister>(&decoded.command)) {
    connection.subsystem = to_valid_utf8(registration->subsystem);
  }
  return {};
}

}  // namespace

Task<std::string> read_hello(RemoteConnection& connection, std::size_t limit) {
  wire::FrameParser parser(limit);
  std::string bytes;
  for (;;) {
    const wire::Parsed parsed = parser.next(bytes);
    if (const auto* broken = std::get_if<wire::Broken>(&parsed)) co_return broken->why;
    if (const auto* frame = std::get_if<wire::Frame>(&parsed)) {
      std::string fault = learn_from(*frame, connection);
      std::unique_ptr<Transport> rest = std::move(connection.transport);
      connection.transport = std::make_unique<PrefixedTransport>(std::move(bytes), std::move(rest));
      co_return fault;
    }
    const std::size_t had = bytes.size();
    bytes.resize(had + kReadAtOnce);
    const auto count = connection.transport->read_some({bytes.data() + had, kReadAtOnce});
    bytes.resize(had + (count ? *count : 0));
    if (count) continue;
    boost::system::error_code ec = count.error();
    if (ec == net::error::would_block) ec = co_await connection.transport->wait_readable();
    if (ec) co_return reason_of(ec, bytes.size());
  }
}

Task<void> dismiss(Loop& loop, RemoteConnection connection, std::string reason, std::chrono::milliseconds linger) {
  Transport& transport = *connection.transport;
  if (connection.codec) {
    std::string frame;
    connection.codec->encode(wire::Shutdown{reason}, wire::Seqno{1}, kReadAtOnce, frame);
    const net::const_buffer piece(frame.data(), frame.size());
    (void)transport.write_some({&piece, 1});  // What does not fit at once into a fresh connection is not owed.
    transport.close_write();
    // Closing with bytes unread would be a reset, which can overtake what was said.
    Deadline late(loop.deadlines(), [&transport] { transport.close(); });
    late.set(linger);
    std::array<char, kReadAtOnce> unread;
    for (std::size_t reads = 0; reads < kFramesWhileEnding; ++reads) {
      const auto count = transport.read_some(unread);
      if (count) continue;
      boost::system::error_code ec = count.error();
      if (ec == net::error::would_block) ec = co_await transport.wait_readable();
      if (ec) break;
    }
  }
  transport.close();
}

}  // namespace kismet
