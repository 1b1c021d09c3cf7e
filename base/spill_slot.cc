#include "base/spill_slot.h"

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>

namespace kismet {

namespace {

constexpr std::size_t kPiecesAtOnce = 64;
constexpr std::size_t kChunk = 64 * 1024 - 64;  // Bytes of a read; with its header, one allocation of a round size.

}  // namespace

SpillSlot::~SpillSlot() {
  if (file) space.budget().counters().files.fetch_sub(1, std::memory_order_relaxed);
  file.reset();
  space.budget().give_disk(charged);
}

boost::system::error_code SpillSlot::write(ChainedBuffer& bytes, std::uint64_t offset) {
  const std::size_t total = bytes.size();
  if (!file && !failure) {
    boost::system::result<std::unique_ptr<SpillFile>> opened = space.open();
    if (opened) {
      file = std::move(*opened);
      space.budget().counters().files.fetch_add(1, std::memory_order_relaxed);
    } else {
      failure = opened.error();
    }
  }
  std::uint64_t at = offset;
  while (!failure && !bytes.empty()) {
    std::array<net::const_buffer, kPiecesAtOnce> pieces;
    const std::size_t count = bytes.front(pieces);
    std::size_t size = 0;
    for (std::size_t i = 0; i < count; ++i) size += pieces[i].size();
    failure = file->write(std::span<const net::const_buffer>(pieces).first(count), at);
    at += size;
    bytes.consume(size);
  }
  bytes.clear();
  if (failure) return failure;
  space.budget().counters().spilled_bytes.fetch_add(total, std::memory_order_relaxed);
  written = offset + total;
  return {};
}

void SpillSlot::punch(std::uint64_t offset, std::uint64_t size) {
  if (!file || abandoned) return;
  if (file->punch(offset, size)) {
    may_punch = false;
    return;
  }
  charged -= size;
  space.budget().give_disk(size);
}

boost::system::error_code SpillSlot::read(ChainedBuffer& into, std::uint64_t offset, std::uint64_t size,
                                          SpillFile::Wait wait) {
  bool any = false;
  while (size > 0) {
    const std::span<char> room = into.prepare(static_cast<std::size_t>(std::min<std::uint64_t>(size, kChunk)));
    const boost::system::result<std::size_t> count = file->read(room, offset, wait);
    if (!count) return any ? boost::system::error_code() : count.error();
    any = true;
    into.commit(*count);
    offset += *count;
    size -= *count;
    if (*count < room.size() && wait == SpillFile::Wait::never) break;  // The rest is not in memory.
  }
  return {};
}

}  // namespace kismet
