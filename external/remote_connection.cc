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
constexpr std::size_t kReadsAtEnd = 1'000;  // One that sends on and on is not listened to for long.

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

Task<bool> write_all(Transport& transport, std::string_view bytes) {
  while (!bytes.empty()) {
    const net::const_buffer piece(bytes.data(), bytes.size());
    const auto count = transport.write_some({&piece, 1});
    if (count) {
      bytes.remove_prefix(*count);
      continue;
    }
    boost::system::error_code ec = count.error();
    if (ec == net::error::would_block) ec = co_await transport.wait_writable();
    if (ec) co_return false;
  }
  co_return true;
}

/// Closing with bytes unread would be a reset, which can overtake what was said.
Task<void> read_rest(Transport& transport) {
  std::array<char, kReadAtOnce> unread;
  for (std::size_t reads = 0; reads < kReadsAtEnd;) {
    const auto count = transport.read_some(unread);
    boost::system::error_code ec;
    if (count) {
      ++reads;
    } else {
      ec = count.error();
      if (ec == net::error::would_block) ec = co_await transport.wait_readable();
    }
    if (ec) co_return;
  }
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
  Deadline late(loop.deadlines(), [&transport] { transport.close(); });
  late.set(linger);
  if (connection.codec) {
    std::string frame;
    connection.codec->encode(wire::Shutdown{reason}, wire::Seqno{1}, kReadAtOnce, frame);
    Task<bool> saying = write_all(transport, frame);
    const bool said = co_await std::move(saying);
    if (said) {
      transport.close_write();
      Task<void> reading = read_rest(transport);
      co_await std::move(reading);
    }
  }
  transport.close();
}

}  // namespace kismet
