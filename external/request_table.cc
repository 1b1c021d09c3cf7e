#include "external/request_table.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <forward_list>
#include <utility>

#include "base/turn.h"
#include "base/utf8.h"

namespace kismet {

namespace {

/// A client's request in the form that codecs take, all text valid: helpers exist that a bad byte ends.
class WireRequest {
 public:
  explicit WireRequest(const ProxyRequest& request) {
    message.uri = text(request.uri);
    message.method = text(request.method);
    message.variables = pairs(request.variables);
    message.body = request.body;
    message.headers = pairs(request.headers);
    message.client_address = text(request.client_address);
  }

  wire::HttpRequest message;

 private:
  std::string_view text(const std::string& given) {
    return is_valid_utf8(given) ? given : repaired_.emplace_front(to_valid_utf8(given));
  }
  std::vector<wire::Pair> pairs(const std::vector<std::pair<std::string, std::string>>& given) {
    std::vector<wire::Pair> views;
    views.reserve(given.size());
    for (const auto& [name, value] : given) {
      const std::string_view valid_name = text(name);
      views.emplace_back(valid_name, text(value));
    }
    return views;
  }

  std::forward_list<std::string> repaired_;
};

}  // namespace

RequestTable::RequestTable(Loop& loop, std::string name, const SessionSettings& settings, FrameSender& sender,
                           SessionCounters& counters, wire::RequestId first, SpillSpace* spill)
    : loop_(loop),
      name_(std::move(name)),
      open_limit_(settings.open_exchanges),
      answer_limit_(settings.answer_limit),
      head_limit_(settings.head_limit),
      spill_(spill),
      sender_(sender),
      counters_(counters),
      next_id_(first.value) {}

Exchange RequestTable::open(ProxyRequest request, Loop& client, std::function<void()> changed) {
  Exchange lease;
  lease.entry_ = std::make_shared<Exchange::Entry>(client, std::move(changed), shared_from_this());
  HelperAnswer& answer = lease.entry_->answer;
  answer.body.set_up(answer_limit_, spill_, client, [entry = lease.entry_.get()] { entry->body_changed(); });
  if (const ExchangeState state = state_; state != ExchangeState::open) {
    answer.state = state;
  } else if (&client == &loop_) {
    const Outcome outcome = start(lease.entry_, std::move(request));
    answer.state = outcome.state;
    answer.refusal = outcome.refusal;
  } else {
    net::post(loop_.get_executor(),
              [self = shared_from_this(), entry = lease.entry_, request = std::move(request)]() mutable {
                if (!entry->leased) return;
                const Outcome outcome = self->start(entry, std::move(request));
                if (outcome.state != ExchangeState::open) self->end_elsewhere(entry, outcome);
              });
  }
  return lease;
}

RequestTable::Outcome RequestTable::start(const EntryPtr& entry, ProxyRequest&& request) {
  if (state_ != ExchangeState::open) return {state_};
  if (entries_.size() >= open_limit_) {
    ++counters_.requests_refused;
    return {ExchangeState::refused, ExchangeRefusal::busy};
  }
  while (entries_.contains(next_id_)) wrapped_ |= ++next_id_ == 0;
  const wire::RequestId id{next_id_};
  WireRequest wire_request(request);
  wire_request.message.id = id;
  switch (sender_.send(std::move(wire_request.message), Importance::droppable)) {
    case Sent::queued:
      break;
    case Sent::too_large:
      return {ExchangeState::refused, ExchangeRefusal::too_large};
    case Sent::full:
    case Sent::unready:
      return {ExchangeState::refused, ExchangeRefusal::busy};
    case Sent::closed:
      return {ExchangeState::helper_gone};
  }
  wrapped_ |= ++next_id_ == 0;
  ++counters_.requests;
  entry->id = id;
  entry->asked = {std::move(request.method), std::move(request.uri), std::move(request.client_address),
                  request.received};
  entries_.emplace(id.value, entry);
  return {};
}

RequestTable::Verdict RequestTable::answer(const wire::HttpResponse& response) {
  const auto found = entries_.find(response.id.value);
  if (found == entries_.end()) {
    if (!wrapped_ && response.id.value >= next_id_) return Verdict::never_asked;
    ++counters_.late_answers;
    return Verdict::late;
  }
  const EntryPtr entry = found->second;
  entry->answered += response.content.size();
  if (&entry->client == &loop_) {
    if (response.close) forget(entry);  // First: the client may give its lease up while it is told.
    if (!entry->apply(response)) cancel_here(entry);
  } else if (const SpillingBuffer::Fault limit = pack(entry, response); limit == SpillingBuffer::Fault::none) {
    if (response.close) forget(entry);
  } else {
    cancel_here(entry);
    net::post(entry->client.get_executor(), [entry, limit] { entry->overrun(limit); });
  }
  return Verdict::taken;
}

std::vector<OpenRequest> RequestTable::open_requests(std::size_t most) const {
  std::vector<const Exchange::Entry*> all;
  all.reserve(entries_.size());
  for (const auto& [id, entry] : entries_) all.push_back(entry.get());
  const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(most, all.size()));
  std::partial_sort(all.begin(), end, all.end(), [](const Exchange::Entry* a, const Exchange::Entry* b) {
    return a->asked.at != b->asked.at ? a->asked.at < b->asked.at : *a->id < *b->id;
  });
  const SteadyTime now = loop_.clock().now();
  std::vector<OpenRequest> open;
  for (auto place = all.begin(); place != end; ++place) {
    const Exchange::Entry::Asked& asked = (*place)->asked;
    const auto age = asked.at == SteadyTime{} ? std::chrono::nanoseconds{0} : now - asked.at;
    open.push_back({*(*place)->id, asked.method, asked.uri, asked.client, age, (*place)->answered});
  }
  return open;
}

std::size_t RequestTable::answer_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [id, entry] : entries_) {
    bytes += &entry->client == &loop_ ? entry->answer.body.size() : entry->in_flight.load(std::memory_order_relaxed);
  }
  return bytes;
}

bool RequestTable::end_request(wire::RequestId id) {
  const auto found = entries_.find(id.value);
  if (found == entries_.end()) return false;
  const EntryPtr entry = found->second;
  cancel_here(entry);
  if (&entry->client == &loop_) {
    entry->end(ExchangeState::ended);
  } else {
    end_elsewhere(entry, {ExchangeState::ended});
  }
  return true;
}

/// Puts a frame's news to what leaves for the client's loop, unless that is too much; then it returns the limit.
SpillingBuffer::Fault RequestTable::pack(const EntryPtr& entry, const wire::HttpResponse& response) {
  Exchange::Entry::Parcel& parcel = entry->parcel;
  if (spill_) parcel.content.count_in(&spill_->budget().writing());
  parcel.bytes += response.content.size();
  for (const auto& [header, value] : response.headers) parcel.bytes += header.size() + value.size();
  const std::size_t waiting = parcel.bytes + entry->in_flight;
  if (waiting > answer_limit_ || (spill_ && waiting > spill_->budget().writing_share())) {
    parcel = {};
    return waiting > answer_limit_ ? SpillingBuffer::Fault::own_limit : SpillingBuffer::Fault::memory;
  }
  for (const auto& [header, value] : response.headers) parcel.headers.emplace_back(header, value);
  parcel.content.append(response.content);
  if (!parcel.result_code) parcel.result_code = response.result_code;
  parcel.close |= response.close;
  if (!std::exchange(entry->parcel_waits, true)) parcels_.push_back(entry);
  return SpillingBuffer::Fault::none;
}

void RequestTable::flush() {
  for (const EntryPtr& entry : parcels_) {
    entry->parcel_waits = false;
    Exchange::Entry::Parcel parcel = std::exchange(entry->parcel, {});
    if (!entry->leased) continue;
    entry->in_flight += parcel.bytes;
    if (spill_) {  // A loop that is behind is like a disk that is.
      spill_->budget().queued(parcel.bytes);
      if (entry->in_flight > BufferBudget::kSmallest) note_spill();
    }
    auto deliver = [entry, spill = spill_, parcel = std::move(parcel)]() mutable {
      entry->in_flight -= parcel.bytes;
      if (spill) spill->budget().written(parcel.bytes);
      if (!entry->apply(std::move(parcel))) entry->table->cancel(entry);
    };
    net::post(entry->client.get_executor(), AsTurn(std::move(deliver)));
  }
  parcels_.clear();
}

void RequestTable::close(ExchangeState how) {
  if (state_ != ExchangeState::open) return;
  state_ = how;
  flush();
  for (const auto& [id, entry] : std::exchange(entries_, {})) {
    entry->id.reset();
    if (&entry->client == &loop_) {
      entry->end(how);
    } else {
      end_elsewhere(entry, {how});
    }
  }
}

bool RequestTable::outruns_disk() {
  return spill_ && spilled_.load(std::memory_order_relaxed) && spilled_.exchange(false) && spill_->budget().congested();
}

void RequestTable::cancel(const EntryPtr& entry) {
  if (state_ != ExchangeState::open) return;
  if (loop_.here()) {
    cancel_here(entry);
  } else {
    net::post(loop_.get_executor(), [self = shared_from_this(), entry] { self->cancel_here(entry); });
  }
}

void RequestTable::cancel_here(const EntryPtr& entry) {
  if (state_ != ExchangeState::open || !entry->id) return;
  const wire::RequestId id = *entry->id;
  forget(entry);
  ++counters_.cancels;
  sender_.send(wire::HttpRequestCancel{id}, Importance::kept);
}

void RequestTable::end_elsewhere(const EntryPtr& entry, Outcome outcome) {
  if (!entry->leased) return;
  net::post(entry->client.get_executor(), [entry, outcome] { entry->end(outcome.state, outcome.refusal); });
}

void RequestTable::forget(const EntryPtr& entry) {
  entries_.erase(entry->id->value);
  entry->id.reset();
}

}  // namespace kismet
