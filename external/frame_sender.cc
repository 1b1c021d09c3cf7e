#include "external/frame_sender.h"

#include <algorithm>
#include <boost/asio/error.hpp>

namespace kismet {

namespace {

// How long to wait before asking again whether a helper that must be fed frame by frame has read the last one.
constexpr std::chrono::microseconds kShortestPause{200};
constexpr std::chrono::microseconds kLongestPause{20'000};
// Where it has to be asked: between two pieces that are to be read one by one, and for the answer before it is asked
// again.
constexpr std::chrono::microseconds kGap{1'000};
constexpr std::chrono::microseconds kShortestPatience{20'000};
constexpr std::chrono::microseconds kLongestPatience{1'000'000};

}  // namespace

FrameSender::FrameSender(Loop& loop, Transport& transport, const SessionSettings& settings, SessionCounters& counters)
    : clock_(loop.clock()),
      transport_(transport),
      settings_(settings),
      counters_(counters),
      wakeup_(loop.get_executor()),
      pause_over_(loop.deadlines(), [this] { wakeup_.notify(); }),
      next_pause_(kShortestPause) {}

Sent FrameSender::send(const wire::Command& command, Importance importance) {
  if (!open_ || finishing_) return Sent::closed;
  if (!codec_) return Sent::unready;
  const std::size_t queue_limit =
      settings_.send_queue_limit + (importance == Importance::droppable ? 0 : settings_.send_queue_reserve);
  const std::size_t room = queue_limit - std::min(queue_limit, queue_.size());
  const auto lane = importance == Importance::urgent ? SendQueue::Lane::urgent : SendQueue::Lane::normal;
  const std::size_t frame_limit =
      codec_->quirks().holds_small_frames ? settings_.small_frame_limit : settings_.send_frame_limit;
  const wire::Seqno seqno{seqno_.value == UINT32_MAX ? 1 : seqno_.value + 1};
  const std::size_t size = codec_->encode(command, seqno, std::min(room, frame_limit), queue_.back(lane));
  if (size > frame_limit) return Sent::too_large;
  if (size > room) return Sent::full;
  queue_.commit(lane);
  seqno_ = seqno;
  ++counters_.commands_out[command.index()];
  if (notes_) {
    notes_->add(
        {FrameNote::Direction::out, static_cast<std::uint8_t>(command.index()), seqno.value, size, clock_.now()});
  }
  if (tap_) {
    tap_->frame({.direction = TappedFrame::Direction::out,
                 .codec = *codec_,
                 .name = wire::command_name_at(command.index()),
                 .seqno = seqno,
                 .command = &command,
                 .problem = {},
                 .bytes = {},
                 .size = size});
  }
  wakeup_.notify();
  return Sent::queued;
}

Task<boost::system::error_code> FrameSender::run() {
  while (open_) {
    if (queue_.empty()) {
      if (finishing_) break;
      co_await wakeup_.wait();
      continue;
    }
    if (queue_.between_frames() && !peer_has_read()) {
      pause();
      co_await wakeup_.wait();
      continue;
    }
    if (unproven_ && queue_.between_frames() && !finishing_) {
      Task<boost::system::error_code> proof = prove_read();
      const boost::system::error_code ec = co_await std::move(proof);
      if (!ec) continue;
      open_ = false;
      co_return ec;
    }
    next_pause_ = kShortestPause;
    const auto written = write();
    if (written) {
      unproven_ = queue_.between_frames() && needs_proof();
      continue;
    }
    boost::system::error_code ec = written.error();
    if (ec == net::error::would_block) ec = co_await transport_.wait_writable();
    if (ec) {
      open_ = false;
      co_return ec;
    }
  }
  open_ = false;
  transport_.close_write();
  co_return boost::system::error_code{};
}

void FrameSender::finish() {
  finishing_ = true;
  wakeup_.notify();
}

void FrameSender::close() {
  open_ = false;
  pause_over_.clear();
  wakeup_.notify();
}

// Peers that handle one frame a read are fed one frame at a time where the transport tells what they have read.
bool FrameSender::peer_has_read() const {
  return !codec_->quirks().one_frame_a_read || transport_.unread_by_peer().value_or(0) == 0;
}

// Where it does not tell, and they might read two frames together, they are asked.
bool FrameSender::needs_proof() const {
  return codec_->quirks().one_frame_a_read && transport_.joins_writes();
}

/// Returns once the helper has answered a PING that was written after the last frame, and has thus read all of both.
/// One that is behind gets on by a frame with each piece that it reads: the first PING is written whole, others in
/// pieces.
Task<boost::system::error_code> FrameSender::prove_read() {
  std::chrono::microseconds patience = kShortestPatience;
  for (bool again = false; unproven_ && open_ && !finishing_; again = true) {
    asked_ = seqno_ = wire::Seqno{seqno_.value == UINT32_MAX ? 1 : seqno_.value + 1};
    std::string ping;
    codec_->encode(wire::Ping{}, asked_, SIZE_MAX, ping);
    const std::size_t piece = again ? 1 : ping.size();
    for (std::size_t at = 0; at < ping.size() && open_; at += piece) {
      Task<void> gap = nap(kGap, false);
      co_await std::move(gap);
      Task<boost::system::error_code> writing = write_now(std::string_view(ping).substr(at, piece));
      const boost::system::error_code ec = co_await std::move(writing);
      if (ec) co_return ec;
    }
    ++counters_.frames_out;
    Task<void> answer = nap(patience, true);
    co_await std::move(answer);
    patience = std::min(patience * 2, kLongestPatience);
  }
  co_return boost::system::error_code{};
}

Task<boost::system::error_code> FrameSender::write_now(std::string_view bytes) {
  while (open_ && !bytes.empty()) {
    const net::const_buffer piece(bytes.data(), bytes.size());
    const auto written = transport_.write_some({&piece, 1});
    if (written) {
      counters_.bytes_out += *written;
      bytes.remove_prefix(*written);
      continue;
    }
    boost::system::error_code ec = written.error();
    if (ec == net::error::would_block) ec = co_await transport_.wait_writable();
    if (ec) co_return ec;
  }
  co_return boost::system::error_code{};
}

Task<void> FrameSender::nap(std::chrono::microseconds time, bool until_proven) {
  pause_over_.set(time);
  while (open_ && pause_over_.is_set() && !(until_proven && (finishing_ || !unproven_))) co_await wakeup_.wait();
  pause_over_.clear();
}

void FrameSender::ponged(wire::Seqno number) {
  if (!unproven_ || number != asked_) return;
  unproven_ = false;
  wakeup_.notify();
}

void FrameSender::pause() {
  if (pause_over_.is_set()) return;  // Woken by a new frame, not by time.
  pause_over_.set(next_pause_);
  next_pause_ = std::min(next_pause_ * 2, kLongestPause);
}

boost::system::result<std::size_t> FrameSender::write() {
  const std::string_view bytes = queue_.front(codec_->quirks().one_frame_a_read || transport_.one_frame_a_write());
  const net::const_buffer buffer(bytes.data(), bytes.size());
  const auto written = transport_.write_some({&buffer, 1});
  if (written) {
    counters_.bytes_out += *written;
    counters_.frames_out += queue_.consume(*written);
  }
  return written;
}

}  // namespace kismet
