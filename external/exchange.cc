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
  if (news.content.size() > table->answer_limit() - std::min(table->answer_limit(), answer.body.size())) {
    answer.state = ExchangeState::over_limit;
    notify();
    return false;
  }
  answer.body.append(news.content);
  answer.body_total += news.content.size();
  if (news.close) answer.state = ExchangeState::complete;
  notify();
  return true;
}

void Exchange::Entry::end(ExchangeState state, ExchangeRefusal refusal) {
  if (!leased || answer.state != ExchangeState::open) return;
  answer.state = state;
  answer.refusal = refusal;
  notify();
}

void Exchange::Entry::notify() {
  if (!changed) return;
  // The callback may give the lease up, which must not destroy it under its feet.
  std::function<void()> running = std::exchange(changed, nullptr);
  running();
  if (leased) changed = std::move(running);
}

}  // namespace kismet
