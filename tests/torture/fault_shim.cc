// Lets the daemon's system calls fail while it runs, as a test says (LD_PRELOAD; tests/e2e/faults.py is the other end).
// KISMET_FAULTS names a file of words of 64 bits, which both sides map: dice, the clock's offset, then for each call of
// `Call` how it fails. Helpers inherit the shim and are spared; so are calls that the loader or libc makes inside.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

namespace {

enum Call : unsigned {
  kOpen,
  kRead,
  kWrite,
  kRecv,
  kSend,
  kAccept,
  kEpollCtl,
  kEpollWait,
  kPipe,
  kSocket,
  kSync,
  kClone,
  kMmap,
  kCalls,
};

struct Order {
  std::int64_t error;                // errno; -1: fewer bytes than were asked for. 0: nothing fails.
  std::int64_t one_in;               // Of so many calls one fails, at random.
  std::int64_t kind;                 // S_IFREG, S_IFSOCK or S_IFIFO: of such descriptors alone. 0: of all.
  std::atomic<std::int64_t> failed;  // How many have.
};

struct Orders {
  std::atomic<std::uint64_t> dice;
  std::atomic<std::int64_t> clock;  // Seconds that the wall clock is ahead.
  Order calls[kCalls];
};

/// What epoll was told of a descriptor. An edge that a false EAGAIN has swallowed is made anew, as the kernel would.
struct Watched {
  std::atomic<int> epoll{0};
  epoll_event event{};
};
constexpr int kMostDescriptors = 4096;
Watched watched[kMostDescriptors];

Orders* orders = nullptr;
pid_t daemon_process = 0;

template <typename Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}
template <typename Function>
Function* found(Function*& known, const char* name) {
  if (!known) known = real<Function>(name);
  return known;
}
#define REAL(name) found(real_##name, #name)

decltype(::mmap)* real_mmap = nullptr;
int (*real_open)(const char*, int, ...) = nullptr;
decltype(::epoll_ctl)* real_epoll_ctl = nullptr;

__attribute__((constructor)) void begin() {
  const char* file = ::getenv("KISMET_FAULTS");
  if (!file || ::strcmp(program_invocation_short_name, "kismet") != 0) return;
  const int fd = REAL(open)(file, O_RDWR | O_CLOEXEC);
  if (fd < 0) ::_exit(99);
  void* mapped = REAL(mmap)(nullptr, sizeof(Orders), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  if (mapped == MAP_FAILED) ::_exit(99);
  daemon_process = ::getpid();
  orders = static_cast<Orders*>(mapped);
}

std::uint64_t roll() {
  std::uint64_t x = orders->dice.fetch_add(0x9e3779b97f4a7c15U) + 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

/// What this call is to fail with, or 0.
int fault(Call call, int fd = -1) {
  if (!orders) return 0;
  Order& order = orders->calls[call];
  const auto error = static_cast<int>(order.error);
  if (error == 0 || (order.one_in > 1 && roll() % static_cast<std::uint64_t>(order.one_in) != 0)) return 0;
  if (order.kind != 0) {
    const int before = errno;
    struct stat about {};
    const bool other = ::fstat(fd, &about) != 0 || (about.st_mode & S_IFMT) != order.kind;
    errno = before;
    if (other) return 0;
  }
  if (::getpid() != daemon_process) return 0;
  order.failed.fetch_add(1);
  return error;
}

void make_edge(int fd) {
  if (fd < 0 || fd >= kMostDescriptors) return;
  const int epoll = watched[fd].epoll;
  if (epoll > 0) REAL(epoll_ctl)(epoll, EPOLL_CTL_MOD, fd, &watched[fd].event);
}

template <typename Result>
Result failed(int fd, int error) {
  if (error == EAGAIN) make_edge(fd);
  errno = error;
  return Result(-1);
}

/// One byte of the first piece that has one.
iovec one_byte(const iovec* pieces, int count) {
  for (int i = 0; i < count; ++i) {
    if (pieces[i].iov_len > 0) return {pieces[i].iov_base, 1};
  }
  return {nullptr, 0};
}

}  // namespace

// A function that is given bytes at `size`; some of them are left over when it falls short.
#define MOVES_BYTES(call, name, parameters, size, ...) \
  extern "C" ssize_t name parameters {                 \
    static decltype(::name)* real_##name = nullptr;    \
    const int error = fault(call, fd);                 \
    if (error > 0) return failed<ssize_t>(fd, error);  \
    if (error < 0 && size > 1) {                       \
      size = 1;                                        \
      const ssize_t moved = REAL(name)(__VA_ARGS__);   \
      make_edge(fd);                                   \
      return moved;                                    \
    }                                                  \
    return REAL(name)(__VA_ARGS__);                    \
  }
#define MOVES_PIECES(call, name, parameters, ...)     \
  extern "C" ssize_t name parameters {                \
    static decltype(::name)* real_##name = nullptr;   \
    const int error = fault(call, fd);                \
    if (error > 0) return failed<ssize_t>(fd, error); \
    iovec first{};                                    \
    if (error < 0 && count > 0) {                     \
      first = one_byte(pieces, count);                \
      pieces = &first;                                \
      count = 1;                                      \
      const ssize_t moved = REAL(name)(__VA_ARGS__);  \
      make_edge(fd);                                  \
      return moved;                                   \
    }                                                 \
    return REAL(name)(__VA_ARGS__);                   \
  }
#define FAILS(call, result, name, parameters, fd, ...)                                  \
  extern "C" result name parameters {                                                   \
    static decltype(::name)* real_##name = nullptr;                                     \
    if (const int error = fault(call, fd); error > 0) return failed<result>(fd, error); \
    return REAL(name)(__VA_ARGS__);                                                     \
  }
#define OPENS(name, parameters, ...)                                              \
  extern "C" int name parameters {                                                \
    static int(*real_##name) parameters = nullptr;                                \
    mode_t mode = 0;                                                              \
    if (flags & (O_CREAT | O_TMPFILE)) {                                          \
      va_list more;                                                               \
      va_start(more, flags);                                                      \
      mode = va_arg(more, mode_t);                                                \
      va_end(more);                                                               \
    }                                                                             \
    if (const int error = fault(kOpen); error > 0) return failed<int>(-1, error); \
    return REAL(name)(__VA_ARGS__, mode);                                         \
  }

MOVES_BYTES(kRead, read, (int fd, void* to, size_t size), size, fd, to, size)
MOVES_BYTES(kRead, pread64, (int fd, void* to, size_t size, off64_t at), size, fd, to, size, at)
MOVES_BYTES(kWrite, write, (int fd, const void* from, size_t size), size, fd, from, size)
MOVES_BYTES(kWrite, pwrite64, (int fd, const void* from, size_t size, off64_t at), size, fd, from, size, at)
MOVES_BYTES(kRecv, recv, (int fd, void* to, size_t size, int flags), size, fd, to, size, flags)
MOVES_BYTES(kSend, send, (int fd, const void* from, size_t size, int flags), size, fd, from, size, flags)
MOVES_PIECES(kWrite, writev, (int fd, const iovec* pieces, int count), fd, pieces, count)
MOVES_PIECES(kWrite, pwritev, (int fd, const iovec* pieces, int count, off_t at), fd, pieces, count, at)
MOVES_PIECES(kRead, preadv2, (int fd, const iovec* pieces, int count, off_t at, int flags), fd, pieces, count, at,
             flags)
FAILS(kAccept, int, accept4, (int fd, sockaddr* who, socklen_t* size, int flags), fd, fd, who, size, flags)
FAILS(kEpollWait, int, epoll_wait, (int fd, epoll_event* events, int most, int limit), fd, fd, events, most, limit)
FAILS(kPipe, int, pipe2, (int* ends, int flags), -1, ends, flags)
FAILS(kSocket, int, socket, (int family, int type, int protocol), -1, family, type, protocol)
FAILS(kSync, int, fsync, (int fd), fd, fd)
FAILS(kSync, int, fdatasync, (int fd), fd, fd)
OPENS(open, (const char* path, int flags, ...), path, flags)
OPENS(open64, (const char* path, int flags, ...), path, flags)
OPENS(openat, (int folder, const char* path, int flags, ...), folder, path, flags)
OPENS(openat64, (int folder, const char* path, int flags, ...), folder, path, flags)

extern "C" ssize_t sendmsg(int fd, const msghdr* given, int flags) {
  static decltype(::sendmsg)* real_sendmsg = nullptr;
  const int error = fault(kSend, fd);
  if (error > 0) return failed<ssize_t>(fd, error);
  if (error == 0) return REAL(sendmsg)(fd, given, flags);
  msghdr less = *given;
  iovec first = one_byte(given->msg_iov, static_cast<int>(given->msg_iovlen));
  less.msg_iov = &first;
  less.msg_iovlen = 1;
  const ssize_t moved = REAL(sendmsg)(fd, &less, flags);
  make_edge(fd);
  return moved;
}

extern "C" int epoll_ctl(int epoll, int what, int fd, epoll_event* event) noexcept {
  if (what == EPOLL_CTL_ADD) {
    if (const int error = fault(kEpollCtl); error > 0) return failed<int>(-1, error);
  }
  const int result = REAL(epoll_ctl)(epoll, what, fd, event);
  if (result == 0 && fd >= 0 && fd < kMostDescriptors) {
    watched[fd].epoll = 0;
    if (what != EPOLL_CTL_DEL) {
      watched[fd].event = *event;
      watched[fd].epoll = epoll;
    }
  }
  return result;
}

extern "C" void* mmap(void* where, size_t size, int rights, int flags, int fd, off_t at) noexcept {
  if (const int error = fault(kMmap); error > 0) return errno = error, MAP_FAILED;
  return REAL(mmap)(where, size, rights, flags, fd, at);
}

extern "C" int __clone(int (*function)(void*), void* stack, int flags, void* argument, void* parent, void* tls,
                       void* child) {
  using Clone = int(int (*)(void*), void*, int, void*, void*, void*, void*);
  static Clone* real_clone = nullptr;
  if (const int error = fault(kClone); error > 0) return failed<int>(-1, error);
  return found(real_clone, "__clone")(function, stack, flags, argument, parent, tls, child);
}

extern "C" int clock_gettime(clockid_t which, timespec* now) noexcept {
  static decltype(::clock_gettime)* real_clock_gettime = nullptr;
  const int result = REAL(clock_gettime)(which, now);
  if (orders && result == 0 && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE))
    now->tv_sec += orders->clock;
  return result;
}

extern "C" int gettimeofday(timeval* now, void* zone) noexcept {
  static decltype(::gettimeofday)* real_gettimeofday = nullptr;
  const int result = REAL(gettimeofday)(now, zone);
  if (orders && result == 0) now->tv_sec += orders->clock;
  return result;
}

extern "C" time_t time(time_t* into) noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  if (into) *into = now.tv_sec;
  return now.tv_sec;
}
