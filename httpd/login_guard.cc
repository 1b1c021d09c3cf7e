#include "httpd/login_guard.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v6.hpp>

namespace kismet {

LoginGuard::LoginGuard(const Clock& clock, const IdentitySettings& settings)
    : clock_(clock), settings_(settings), budget_(settings.hash_burst), budget_at_(clock.now()) {}

LoginGuard::Entry& LoginGuard::entry(std::string_view address) {
  std::string key = guarded_address(address);
  const auto found = places_.find(key);
  if (found != places_.end()) {
    entries_.splice(entries_.end(), entries_, found->second);
    return *found->second;
  }
  if (!entries_.empty() && entries_.size() >= settings_.watched_addresses) {
    places_.erase(entries_.front().address);
    entries_.pop_front();
  }
  Entry fresh;
  fresh.address = key;
  fresh.last = clock_.now();
  entries_.push_back(std::move(fresh));
  places_.emplace(std::move(key), std::prev(entries_.end()));
  return entries_.back();
}

bool LoginGuard::take_budget() {
  const SteadyTime now = clock_.now();
  const std::chrono::duration<double> passed = now - budget_at_;
  budget_ = std::min(settings_.hash_burst, budget_ + passed.count() * settings_.hash_rate);
  budget_at_ = now;
  if (budget_ < 1) return false;
  budget_ -= 1;
  return true;
}

std::chrono::seconds LoginGuard::wait_after(unsigned failures) const {
  if (failures < settings_.free_failures) return std::chrono::seconds{0};
  const unsigned doublings = std::min(failures - settings_.free_failures, 30U);
  return std::min(settings_.longest_wait, settings_.first_wait * (std::int64_t{1} << doublings));
}

LoginGuard::Verdict LoginGuard::begin(std::string_view address) {
  const SteadyTime now = clock_.now();
  Entry& client = entry(address);
  if (now - client.last > settings_.forget_failures) client.failures = 0;
  Verdict verdict;
  if (now < client.blocked_until) {
    verdict.wait = std::chrono::ceil<std::chrono::seconds>(client.blocked_until - now);
  } else if (!client.known && !take_budget()) {
    verdict.wait = std::chrono::seconds{1};
  }
  verdict.failures = client.failures;
  if (verdict.wait.count() > 0) {
    verdict.first_refusal = !std::exchange(client.told, true);
    return verdict;
  }
  client.last = now;
  client.told = false;
  verdict.failures = ++client.failures;
  client.blocked_until = now + wait_after(client.failures);
  return verdict;
}

void LoginGuard::succeeded(std::string_view address) {
  Entry& client = entry(address);
  client.known = true;
  client.failures = 0;
  client.blocked_until = {};
}

void LoginGuard::withdrawn(std::string_view address) {
  Entry& client = entry(address);
  if (client.failures > 0) --client.failures;
  client.blocked_until = {};
}

std::string guarded_address(std::string_view client_address) {
  boost::system::error_code ec;
  const auto address = boost::asio::ip::make_address(client_address, ec);
  if (ec || address.is_v4()) return std::string(client_address);
  const boost::asio::ip::address_v6 v6 = address.to_v6();
  if (v6.is_v4_mapped()) return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, v6).to_string();
  return boost::asio::ip::network_v6(v6, 64).canonical().to_string();
}

}  // namespace kismet
