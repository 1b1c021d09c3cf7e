#include "external/exchange.h"

#include <algorithm>
#include <utility>

#include "external/exchange_entry.h"
#include "external/request_table.h"

namespace kismet {

Exchange::~Exchange() {
  release();
}

Exchange::Exchange(Exchange&&) noexcept = default;

Exchange& Exchange::operator=(Exchange&& other) noexcept {
  if (this != &other) {
    release();
    entry_ = std::move(other.entry_);
  }
  return *this;
}

HelperAnswer& Exchange::answer() {
  return entry_->answer;
}

void Exchange::release() {
  const std::shared_ptr<Entry> entry = std::move(entry_);
  entry_ = nullptr;
  if (!entry) return;
  entry->leased = false;
  entry->changed = nullptr;
  entry->answer.body.clear();
  if (entry->answer.state == ExchangeState::open) entry->table->cancel(entry);
}

bool Exchange::Entry::apply(const wire::HttpResponse& news) {
  return take(news, news.content);
}

bool Exchange::Entry::apply(Parcel&& news) {
  return take(news, std::move(news.content));
}

template <typename News, typename Content>
bool Exchange::Entry::take(const News& news, Content&& content) {
  if (!leased || answer.state != ExchangeState::open) return true;
  if (news.result_code || !news.headers.empty()) {
    if (answer.head_sent) {
      table->count_late_head();
    } else {
      if (!answer.result_code) answer.result_code = news.result_code;
      for (const auto& [header, value] : news.headers) {
        head_bytes += header.size() + value.size();
        if (head_bytes > table->head_limit()) {
          table->count_late_head();
          break;
        }
        answer.headers.emplace_back(header, value);
      }
    }
  }
  const std::size_t size = content.size();
  if (size > 0 && answer.body.append(std::forward<Content>(content)) != SpillingBuffer::Fault::none) {
    answer.state = ExchangeState::over_limit;
    notify();
    return false;
  }
  answer.body_total += size;
  if (answer.body.spilling()) table->note_spill();
  if (news.close) answer.state = ExchangeState::complete;
  notify();
  return true;
}

void Exchange::Entry::body_changed() {
  if (!leased) return;
  if (answer.body.fault() != SpillingBuffer::Fault::none && answer.state != ExchangeState::over_limit) {
    const bool was_open = answer.state == ExchangeState::open;
    answer.state = ExchangeState::over_limit;
    if (was_open) table->cancel(shared_from_this());
  }
  notify();
}

void Exchange::Entry::end(ExchangeState state, ExchangeRefusal refusal) {
  if (!leased || answer.state != ExchangeState::open) return;
  answer.state = state;
  answer.refusal = refusal;
  notify();
}

void Exchange::Entry::overrun(SpillingBuffer::Fault limit) {
  if (leased && answer.state == ExchangeState::open) answer.body.refuse(limit);
  end(ExchangeState::over_limit);
}

void Exchange::Entry::notify() {
  if (!changed) return;
  // The callback may give the lease up, which must not destroy it under its feet.
  std::function<void()> running = std::exchange(changed, nullptr);
  running();
  if (leased) changed = std::move(running);
}

}  // namespace kismet
