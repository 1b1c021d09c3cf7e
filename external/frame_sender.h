#pragma once

#include <chrono>
#include <cstdint>

#include "base/loop.h"
#include "base/wakeup.h"
#include "external/codec.h"
#include "external/frame_ring.h"
#include "external/helper_session.h"
#include "external/send_queue.h"
#include "external/transport.h"
#include "external/wire_tap.h"

namespace kismet {

/// What becomes of a frame when a helper does not read and its queue is full.
enum class Importance : std::uint8_t {
  droppable,  // Refused at the limit: requests, events.
  kept,       // May use the reserve behind the limit: cancels, tokens.
  urgent,     // The same, and overtakes: PING, PONG, SHUTDOWN.
};

enum class Sent : std::uint8_t {
  queued,
  full,       // The helper is too slow.
  too_large,  // The frame is over the limit of frames.
  unready,    // The helper's generation is not known yet.
  closed,     // The helper reads no more, or is being ended.
};

/// Everything that is said to one helper: encodes it, numbers it, queues it, and writes it as fast as the helper reads.
/// Thread rule: all members run on the session's loop. Owned by the session, whose task run() is.
class FrameSender {
 public:
  FrameSender(Loop& loop, Transport& transport, const SessionSettings& settings, SessionCounters& counters);

  /// From now on the helper is spoken to, in this generation.
  void speak(const wire::Codec& codec) { codec_ = &codec; }
  const wire::Codec* codec() const { return codec_; }

  Sent send(const wire::Command& command, Importance importance);
  /// From now on what is sent is noted there too.
  void note_in(FrameRing& notes) { notes_ = &notes; }
  /// From now on `tap` sees what is sent; null: nobody does.
  void watch(WireTap* tap) { tap_ = tap; }
  /// The number of the last frame that was queued.
  wire::Seqno last() const { return seqno_; }
  std::size_t queued() const { return queue_.size(); }
  std::size_t queued_frames() const { return queue_.frames(); }

  /// Writes until finish() has nothing left, until close(), or until the transport fails: then returns its error.
  Task<boost::system::error_code> run();
  /// Forgets what waits, so that what is sent next leaves next.
  void drop_unsent() { queue_.drop_unsent(); }
  /// Takes no more frames; when the last one has left, ends the helper's input.
  void finish();
  /// The helper has answered our PING of that number.
  void ponged(wire::Seqno number);
  /// Takes no more frames and writes no more. The transport's owner closes it, so that a write that waits ends too.
  void close();

 private:
  bool peer_has_read() const;
  void pause();
  boost::system::result<std::size_t> write();
  bool needs_proof() const;
  Task<boost::system::error_code> prove_read();
  Task<boost::system::error_code> write_now(std::string_view bytes);
  Task<void> nap(std::chrono::microseconds time, bool until_proven);

  const Clock& clock_;
  Transport& transport_;
  const SessionSettings& settings_;
  SessionCounters& counters_;
  const wire::Codec* codec_ = nullptr;
  WireTap* tap_ = nullptr;
  FrameRing* notes_ = nullptr;
  SendQueue queue_;
  wire::Seqno seqno_;
  bool open_ = true;
  bool finishing_ = false;
  bool unproven_ = false;  // Whether the last frame has been read is not known, and matters.
  wire::Seqno asked_;      // The PING that finds out.

  Wakeup wakeup_;
  Deadline pause_over_;
  std::chrono::microseconds next_pause_;
};

}  // namespace kismet
