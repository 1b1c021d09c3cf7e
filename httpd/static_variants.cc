#include "httpd/static_variants.h"

#include <unistd.h>

#include <cerrno>
#include <new>

namespace kismet {

namespace {

constexpr unsigned kLevel = 9;  // They are made once.

/// False: there are not so many bytes.
bool read_whole(int file, std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::pread(file, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    done += static_cast<std::size_t>(count);
  }
  return true;
}

}  // namespace

StaticVariants::Bytes StaticVariants::find(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto place = places_.find(key);
  if (place == places_.end()) return nullptr;
  kept_.splice(kept_.begin(), kept_, place->second);
  return place->second->bytes;
}

StaticVariants::Bytes StaticVariants::make(const std::string& key, int file, std::size_t size, ContentCoding coding) {
  if (Bytes already = find(key)) return already;
  try {
    std::string bytes(size, '\0');
    if (!read_whole(file, bytes)) return nullptr;
    std::string coded = encode(coding, kLevel, bytes);
    if (coded.empty()) return nullptr;
    coded.shrink_to_fit();
    auto made = std::make_shared<const std::string>(std::move(coded));
    keep(key, made);
    return made;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void StaticVariants::keep(const std::string& key, const Bytes& bytes) {
  if (bytes->size() > limit_ / 4) return;
  const std::lock_guard lock(mutex_);
  if (places_.contains(key)) return;
  kept_.push_front({key, bytes});
  places_.emplace(kept_.front().key, kept_.begin());
  held_ += bytes->size();
  while (held_ > limit_) {
    held_ -= kept_.back().bytes->size();
    places_.erase(kept_.back().key);
    kept_.pop_back();
  }
}

}  // namespace kismet
