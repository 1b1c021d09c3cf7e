#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace kismet {

namespace net = boost::asio;

/// A temporary file without a name, for what waits for a slow client. An interface, so that tests can let it fail.
/// Thread rule: all members may be called from several threads at once, on ranges that do not overlap. Destroying it
/// gives its space back, which may block, like all members but for a read that must not.
class SpillFile {
 public:
  enum class Wait : std::uint8_t { never, allowed };

  virtual ~SpillFile() = default;
  /// Writes all of `from`, or fails.
  virtual boost::system::error_code write(std::span<const net::const_buffer> from, std::uint64_t offset) = 0;
  /// Reads up to `into.size()` bytes that were written. Errors: would_block, unless waiting is allowed; others are the
  /// system's.
  virtual boost::system::result<std::size_t> read(std::span<char> into, std::uint64_t offset, Wait wait) = 0;
  /// Gives the space of a range back, whose bytes are lost. Fails where the file system cannot.
  virtual boost::system::error_code punch(std::uint64_t offset, std::uint64_t size) = 0;
};

/// Opens one in `folder`. It may block.
boost::system::result<std::unique_ptr<SpillFile>> open_spill_file(const std::string& folder);

/// Where spill files are: `setting`, or else $TMPDIR, or else /var/tmp. Not /tmp, which is often memory: what is there
/// to spare memory must not be written to it.
std::string spill_folder(const std::string& setting);

}  // namespace kismet
