#pragma once

#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "base/chained_buffer.h"
#include "base/loop.h"
#include "base/spill_space.h"

namespace kismet {

/// What waits between a helper that answers and a client that reads: the front in memory, ready to be sent; behind it,
/// once that is too much, a temporary file; behind that, in memory again, what is not yet worth a write. As soon as the
/// file has been read to its end, all is in memory again. Space that has been read is given back as it goes, so that a
/// long answer to a slow reader takes no more disk than what waits.
/// Files are written and read on the threads of SpillSpace; only what the system has in memory is read at once.
/// Thread rule: all members on one loop. Owned by the exchange that it belongs to, which clears it before the
/// SpillSpace dies.
class SpillingBuffer {
 public:
  /// Why it takes no more. All that it took before can still be read, but for what a failing disk has lost.
  enum class Fault : std::uint8_t { none, own_limit, memory, disk, disk_failure };

  SpillingBuffer() = default;
  ~SpillingBuffer() { clear(); }
  SpillingBuffer(const SpillingBuffer&) = delete;
  SpillingBuffer& operator=(const SpillingBuffer&) = delete;

  /// At most `limit` bytes wait at a time. Without a `space` all of them do in memory, uncounted. `changed` is called
  /// on `home` after fetch() has promised more, and after a fault that no append() has told; never from inside one.
  void set_up(std::uint64_t limit, SpillSpace* space, Loop& home, std::function<void()> changed);

  /// Adds bytes at the end, or refuses them: then all further ones too. Copies them once.
  Fault append(std::string_view bytes);
  /// Moves them.
  Fault append(ChainedBuffer&& bytes);

  /// Takes no more, because what was to come met a limit on its way here.
  void refuse(Fault fault);

  /// What can be sent at once; its reader consumes it.
  ChainedBuffer& front() { return front_; }
  /// Whether there is something in front(), now. If not, but there are bytes that wait (see size()), they are being
  /// read from disk, and `changed` is called when there are some.
  bool fetch();

  /// Bytes that wait, wherever.
  std::uint64_t size() const;
  bool empty() const { return size() == 0; }
  /// Some or all of it is not in front().
  bool spilling() const { return spill_ != nullptr; }
  Fault fault() const { return fault_; }
  /// With Fault::disk_failure.
  const boost::system::error_code& disk_error() const { return disk_error_; }
  /// Bytes that it took cannot be read any more: what follows those in front() is lost.
  bool torn() const { return torn_; }

  /// Gives everything back.
  void clear();

 private:
  struct Spill;

  ChainedBuffer* room_for(std::size_t bytes);
  Fault stored(const ChainedBuffer* where);
  void begin_spill();
  void end_spill();
  void submit();
  bool read_at_once(std::uint64_t most);
  void read_later(std::uint64_t most);
  void give_space_back();
  void fail(Fault fault);
  void fail_disk(const boost::system::error_code& error);
  void write_heard(const boost::system::error_code& error);
  void read_heard(ChainedBuffer&& bytes, const boost::system::error_code& error);

  ChainedBuffer front_;
  std::uint64_t limit_ = UINT64_MAX;
  SpillSpace* space_ = nullptr;
  Loop* home_ = nullptr;
  std::function<void()> changed_;
  std::shared_ptr<Spill> spill_;
  Fault fault_ = Fault::none;
  bool torn_ = false;
  boost::system::error_code disk_error_;
};

}  // namespace kismet
