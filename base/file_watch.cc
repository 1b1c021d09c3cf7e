#include "base/file_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>
#include <vector>

namespace kismet {

struct FileWatch::State : std::enable_shared_from_this<State> {
  State(Executor executor, std::function<void()> callback) : descriptor(executor), changed(std::move(callback)) {}

  void wait() {
    descriptor.async_wait(net::posix::descriptor_base::wait_read,
                          [self = shared_from_this()](const boost::system::error_code& ec) {
                            if (!ec) self->read();
                          });
  }

  void read() {
    alignas(inotify_event) char events[16 * (sizeof(inotify_event) + NAME_MAX + 1)];
    bool ours = false;
    for (;;) {
      const ssize_t count = ::read(descriptor.native_handle(), events, sizeof events);
      if (count <= 0) break;
      ours = any_of_ours(events, static_cast<std::size_t>(count)) || ours;
    }
    wait();
    if (ours) changed();  // Last: it may destroy the watch.
  }

  bool any_of_ours(const char* events, std::size_t size) const {
    bool ours = false;
    for (std::size_t at = 0; at < size;) {
      inotify_event event;
      std::memcpy(&event, events + at, sizeof event);
      const char* name = events + at + sizeof event;
      const std::pair<int, std::string> place(event.wd, event.len > 0 ? name : "");
      ours = ours || (event.mask & IN_Q_OVERFLOW) != 0 || std::find(files.begin(), files.end(), place) != files.end();
      at += sizeof event + event.len;
    }
    return ours;
  }

  net::posix::basic_stream_descriptor<Executor> descriptor;
  std::function<void()> changed;
  std::vector<std::pair<int, std::string>> files;  // The watch of a folder, and a name in it.
};

FileWatch::FileWatch(Executor executor, std::function<void()> changed)
    : state_(std::make_shared<State>(executor, std::move(changed))) {}

FileWatch::~FileWatch() {
  close();
}

void FileWatch::close() {
  boost::system::error_code ignored;
  state_->descriptor.close(ignored);
}

boost::system::error_code FileWatch::add(const std::string& path) {
  const auto failure = [] { return boost::system::error_code(errno, boost::system::system_category()); };
  if (!state_->descriptor.is_open()) {
    const int fd = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0) return failure();
    state_->descriptor.assign(fd);
    state_->wait();
  }
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
  const int watch = ::inotify_add_watch(state_->descriptor.native_handle(), folder.c_str(),
                                        IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR);
  if (watch < 0) return failure();
  state_->files.emplace_back(watch, slash == std::string::npos ? path : path.substr(slash + 1));
  return {};
}

}  // namespace kismet
