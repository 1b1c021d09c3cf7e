#include "base/spilling_buffer.h"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <new>
#include <utility>

#include "base/spill_slot.h"

namespace kismet {

namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kPunched =
    1024 * 1024;  // Bytes that were read, for which giving their space back is worth a call.

}  // namespace

/// What is behind front(). Offsets are those of the file: read <= written <= submitted.
/// Thread rule: the buffer's loop. Shared by the buffer and what its jobs post to it.
struct SpillingBuffer::Spill {
  Spill(SpillingBuffer& buffer, SpillSpace& space)
      : owner(&buffer), slot(std::make_shared<SpillSlot>(space)), back(&space.budget().writing()) {}

  bool drained() const { return read == submitted && back.empty() && !reading; }

  SpillingBuffer* owner;  // Null once the buffer has done with it.
  std::shared_ptr<SpillSlot> slot;
  ChainedBuffer back;
  std::uint64_t read = 0;
  std::uint64_t submitted = 0;
  std::uint64_t punched = 0;
  bool reading = false;
};

void SpillingBuffer::set_up(std::uint64_t limit, SpillSpace* space, Loop& home, std::function<void()> changed) {
  limit_ = limit;
  space_ = space;
  home_ = &home;
  changed_ = std::move(changed);
  if (space_) front_.count_in(&space_->budget().sending());
}

SpillingBuffer::Fault SpillingBuffer::append(std::string_view bytes) {
  ChainedBuffer* where = room_for(bytes.size());
  if (where) where->append(bytes);
  return stored(where);
}

SpillingBuffer::Fault SpillingBuffer::append(ChainedBuffer&& bytes) {
  ChainedBuffer* where = room_for(bytes.size());
  if (where) where->splice(std::move(bytes));
  return stored(where);
}

void SpillingBuffer::refuse(Fault fault) {
  if (fault_ == Fault::none) fail(fault);
}

ChainedBuffer* SpillingBuffer::room_for(std::size_t bytes) {
  if (fault_ != Fault::none) return nullptr;
  if (bytes > limit_ - std::min(limit_, size())) {
    fail(Fault::own_limit);
    return nullptr;
  }
  if (!space_) return &front_;
  BufferBudget& budget = space_->budget();
  if (spill_ && spill_->drained()) end_spill();
  if (!spill_) {
    if (front_.size() + bytes <= budget.sending_share()) return &front_;
    if (budget.limits().disk == 0) {
      fail(Fault::memory);
      return nullptr;
    }
    begin_spill();
  }
  const std::uint64_t own = spill_->submitted - spill_->slot->written + spill_->back.size();
  if (own + bytes > budget.writing_share()) {
    fail(Fault::memory);
    return nullptr;
  }
  return &spill_->back;
}

SpillingBuffer::Fault SpillingBuffer::stored(const ChainedBuffer* where) {
  if (where && where != &front_ && where->size() >= space_->budget().batch()) submit();
  return fault_;
}

std::uint64_t SpillingBuffer::size() const {
  return front_.size() + (spill_ ? spill_->submitted - spill_->read + spill_->back.size() : 0);
}

void SpillingBuffer::begin_spill() {
  space_->budget().counters().spills.fetch_add(1, std::memory_order_relaxed);
  spill_ = std::make_shared<Spill>(*this, *space_);
}

/// The file is closed, and its space given back, by the last of its jobs.
void SpillingBuffer::end_spill() {
  spill_->owner = nullptr;
  spill_->back.clear();
  space_->post_write([slot = std::move(spill_->slot)] {});
  spill_.reset();
}

void SpillingBuffer::clear() {
  front_.clear();
  if (!spill_) return;
  spill_->slot->abandoned = true;
  end_spill();
}

void SpillingBuffer::submit() {
  BufferBudget& budget = space_->budget();
  const std::size_t size = spill_->back.size();
  if (!budget.take_disk(size)) return fail(Fault::disk);
  spill_->slot->charged += size;
  budget.queued(size);
  auto bytes = std::make_shared<ChainedBuffer>(std::move(spill_->back));
  auto job = [spill = spill_, slot = spill_->slot, bytes, offset = spill_->submitted, home = home_->get_executor()] {
    const std::size_t count = bytes->size();
    boost::system::error_code error;
    if (!slot->abandoned) error = slot->write(*bytes, offset);
    bytes->clear();
    slot->space.budget().written(count);
    if (slot->abandoned || (!error && !slot->wanted.exchange(false))) return;
    net::post(home, [spill, error] {
      if (spill->owner) spill->owner->write_heard(error);
    });
  };
  if (space_->post_write(std::move(job))) {
    spill_->submitted += size;
    return;
  }
  budget.written(size);
  fail_disk(net::error::no_memory);
}

void SpillingBuffer::write_heard(const boost::system::error_code& error) {
  if (error) {
    spill_->back.clear();
    spill_->submitted = spill_->slot->written;
    if (fault_ != Fault::disk_failure) fail_disk(error);
  }
  changed_();
}

bool SpillingBuffer::fetch() {
  if (!front_.empty()) return true;
  if (!spill_ || spill_->reading || torn_) return false;
  SpillSlot& slot = *spill_->slot;
  if (spill_->read == slot.written && spill_->read < spill_->submitted) {
    slot.wanted = true;
    if (spill_->read == slot.written) return false;
    slot.wanted = false;
  }
  if (spill_->read < slot.written) return read_at_once(slot.written - spill_->read);
  front_.splice(std::move(spill_->back));
  end_spill();
  return !front_.empty();
}

/// What has just been written is in the system's memory, mostly: it is read without a detour.
bool SpillingBuffer::read_at_once(std::uint64_t most) {
  most = std::min<std::uint64_t>(most, space_->budget().piece());
  const boost::system::error_code error = spill_->slot->read(front_, spill_->read, most, SpillFile::Wait::never);
  if (!error) {
    spill_->read += front_.size();
    give_space_back();
    return true;
  }
  front_.clear();
  if (error == net::error::would_block) {
    read_later(most);
  } else {
    torn_ = true;
    fail_disk(error);
  }
  return false;
}

void SpillingBuffer::read_later(std::uint64_t most) {
  auto job = [spill = spill_, slot = spill_->slot, most, offset = spill_->read, home = home_->get_executor()] {
    auto bytes = std::make_shared<ChainedBuffer>(&slot->space.budget().sending());
    boost::system::error_code error;
    try {
      error = slot->read(*bytes, offset, most, SpillFile::Wait::allowed);
    } catch (const std::bad_alloc&) {
      error = net::error::no_memory;
    }
    net::post(home, [spill, bytes, error] {
      if (spill->owner) spill->owner->read_heard(std::move(*bytes), error);
    });
  };
  spill_->reading = space_->post_read(std::move(job));
  if (spill_->reading) return;
  torn_ = true;
  fail_disk(net::error::no_memory);
}

void SpillingBuffer::read_heard(ChainedBuffer&& bytes, const boost::system::error_code& error) {
  spill_->reading = false;
  spill_->read += bytes.size();
  front_.splice(std::move(bytes));
  if (error) {
    torn_ = true;
    fail_disk(error);
  } else {
    give_space_back();
  }
  changed_();
}

void SpillingBuffer::give_space_back() {
  const std::uint64_t end = spill_->read / kPage * kPage;
  if (end - spill_->punched < kPunched || !spill_->slot->may_punch) return;
  auto job = [slot = spill_->slot, from = spill_->punched, size = end - spill_->punched] { slot->punch(from, size); };
  if (space_->post_write(std::move(job))) spill_->punched = end;
}

void SpillingBuffer::fail(Fault fault) {
  fault_ = fault;
  if (!space_) return;
  BufferBudget::Counters& counters = space_->budget().counters();
  std::atomic<std::uint64_t>& count = fault == Fault::own_limit ? counters.over_own_limit
                                      : fault == Fault::memory  ? counters.over_memory
                                      : fault == Fault::disk    ? counters.over_disk
                                                                : counters.disk_failures;
  count.fetch_add(1, std::memory_order_relaxed);
}

void SpillingBuffer::fail_disk(const boost::system::error_code& error) {
  disk_error_ = error;
  fail(Fault::disk_failure);
}

}  // namespace kismet
