#include "base/spill_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <cerrno>

#include "base/unique_fd.h"

namespace kismet {

namespace {

boost::system::error_code last_error() {
  if (errno == EAGAIN || errno == EOPNOTSUPP) return net::error::would_block;
  return {errno, boost::system::system_category()};
}

class UnnamedFile final : public SpillFile {
 public:
  explicit UnnamedFile(UniqueFd file) : file_(std::move(file)) {}

  boost::system::error_code write(std::span<const net::const_buffer> from, std::uint64_t offset) override {
    std::array<iovec, 64> pieces;
    std::size_t skip = 0;  // Bytes of the first piece that are written.
    while (!from.empty()) {
      const std::size_t count = std::min(from.size(), pieces.size());
      for (std::size_t i = 0; i < count; ++i) pieces[i] = {const_cast<void*>(from[i].data()), from[i].size()};
      pieces[0] = {static_cast<char*>(pieces[0].iov_base) + skip, pieces[0].iov_len - skip};
      const ssize_t written =
          ::pwritev(file_.get(), pieces.data(), static_cast<int>(count), static_cast<off_t>(offset));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return {errno, boost::system::system_category()};
      offset += static_cast<std::uint64_t>(written);
      skip += static_cast<std::size_t>(written);
      while (!from.empty() && skip >= from.front().size()) {
        skip -= from.front().size();
        from = from.subspan(1);
      }
    }
    return {};
  }

  boost::system::result<std::size_t> read(std::span<char> into, std::uint64_t offset, Wait wait) override {
    const iovec piece{into.data(), into.size()};
    for (;;) {
      const ssize_t count =
          ::preadv2(file_.get(), &piece, 1, static_cast<off_t>(offset), wait == Wait::never ? RWF_NOWAIT : 0);
      if (count > 0) return static_cast<std::size_t>(count);
      if (count == 0) return boost::system::error_code(net::error::eof);  // Somebody has cut it short.
      if (errno != EINTR) return last_error();
    }
  }

  boost::system::error_code punch(std::uint64_t offset, std::uint64_t size) override {
    const int result = ::fallocate(file_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                                   static_cast<off_t>(size));
    if (result == 0) return {};
    return {errno, boost::system::system_category()};
  }

 private:
  const UniqueFd file_;
};

}  // namespace

boost::system::result<std::unique_ptr<SpillFile>> open_spill_file(const std::string& folder) {
  UniqueFd file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!file && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {  // The file system has only named ones.
    std::string name = folder + "/kismet-spill-XXXXXX";
    file.reset(::mkostemp(name.data(), O_CLOEXEC));
    if (file) ::unlink(name.c_str());
  }
  if (!file) return boost::system::error_code(errno, boost::system::system_category());
  return std::unique_ptr<SpillFile>(std::make_unique<UnnamedFile>(std::move(file)));
}

std::string spill_folder(const std::string& setting) {
  if (!setting.empty()) return setting;
  const char* given = ::getenv("TMPDIR");  // NOLINT(concurrency-mt-unsafe): it is set at the start alone.
  return given != nullptr && *given != '\0' ? given : "/var/tmp";
}

}  // namespace kismet
