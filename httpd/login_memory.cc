#include "httpd/login_memory.h"

namespace kismet {

const LoginMemory::Outcome* LoginMemory::find(const Digest& digest) const {
  const auto found = places_.find(digest);
  return found == places_.end() ? nullptr : &found->second.outcome;
}

void LoginMemory::put(const Digest& digest, Outcome outcome) {
  const auto found = places_.find(digest);
  if (found != places_.end()) {
    found->second.outcome = std::move(outcome);
    ages_.splice(ages_.end(), ages_, found->second.age);
    return;
  }
  if (places_.size() >= most_) {
    places_.erase(ages_.front());
    ages_.pop_front();
  }
  places_.emplace(digest, Place{std::move(outcome), ages_.insert(ages_.end(), digest)});
}

void LoginMemory::clear() {
  places_.clear();
  ages_.clear();
}

}  // namespace kismet
