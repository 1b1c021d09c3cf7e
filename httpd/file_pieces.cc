#include "httpd/file_pieces.h"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace kismet {

namespace {

/// Bytes read, or a negative error number.
ssize_t read_at(int fd, char* into, std::size_t size, std::uint64_t offset, int flags) {
  const iovec piece{into, size};
  ssize_t count = 0;
  do {
    count = ::preadv2(fd, &piece, 1, static_cast<off_t>(offset), flags);
  } while (count < 0 && errno == EINTR);
  return count < 0 ? -errno : count;
}

}  // namespace

FilePieces::FilePieces(UniqueFd file, std::size_t piece, Worker& worker, Executor home)
    : open_(std::make_shared<Open>(Open{std::move(file), std::vector<char>(piece)})), worker_(worker), home_(home) {}

Task<boost::system::result<std::string_view>> FilePieces::read(std::uint64_t offset, std::uint64_t most) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(most, open_->space.size()));
  ssize_t count = read_at(open_->file.get(), open_->space.data(), size, offset, RWF_NOWAIT);
  if (count == -EAGAIN || count == -EOPNOTSUPP) {
    auto job = [open = open_, size, offset] { return read_at(open->file.get(), open->space.data(), size, offset, 0); };
    const std::optional<ssize_t> result = co_await worker_.run(home_, std::move(job));
    count = result.value_or(-ENOBUFS);
  }
  if (count < 0) co_return boost::system::error_code(static_cast<int>(-count), boost::system::system_category());
  co_return std::string_view(open_->space.data(), static_cast<std::size_t>(count));
}

}  // namespace kismet
