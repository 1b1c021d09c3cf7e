#include "base/spill_file.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <array>
#include <boost/asio/error.hpp>
#include <catch2/catch.hpp>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "tests/support/temporary_folder.h"

using namespace kismet;
using kismet::testing::TemporaryFolder;

namespace {

using Opened = boost::system::result<std::unique_ptr<SpillFile>>;

/// From here on, the kernel tells this thread what a file system without unnamed files does.
bool deny_unnamed_files() {
  constexpr auto kFlagsAt = static_cast<std::uint32_t>(offsetof(seccomp_data, args) + 2 * sizeof(std::uint64_t));
  constexpr std::uint32_t kUnnamed = O_TMPFILE & ~O_DIRECTORY;
  std::array<sock_filter, 6> code{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kFlagsAt),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, kUnnamed, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

void check_keeps(SpillFile& file) {
  const std::string first(100'000, 'a');
  const std::string second(100'000, 'b');
  const std::array<net::const_buffer, 2> pieces{net::buffer(first), net::buffer(second)};
  REQUIRE_FALSE(file.write(pieces, 4096));
  std::string seen(4, '\0');
  const auto count = file.read(seen, 4096 + first.size() - 2, SpillFile::Wait::allowed);
  REQUIRE(count);
  CHECK(*count == 4);
  CHECK(seen == "aabb");
}

}  // namespace

TEST_CASE("a spill file keeps what is written to it, and has no name in its folder") {
  const TemporaryFolder folder;
  Opened file = open_spill_file(folder.path());
  REQUIRE(file);
  CHECK(std::filesystem::is_empty(folder.path()));
  check_keeps(**file);
}

TEST_CASE("where the file system knows no unnamed files, a spill file loses its name at once") {
  const TemporaryFolder folder;
  bool denied = false;
  int unnamed = 0;
  int told = 0;
  Opened file = boost::system::error_code(net::error::eof);
  std::thread elsewhere([&] {  // What is denied to a thread goes with it.
    denied = deny_unnamed_files();
    unnamed = ::open(folder.path().c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    told = errno;
    file = open_spill_file(folder.path());
  });
  elsewhere.join();
  REQUIRE(denied);
  REQUIRE(unnamed == -1);
  REQUIRE(told == EOPNOTSUPP);
  REQUIRE(file);
  CHECK(std::filesystem::is_empty(folder.path()));
  check_keeps(**file);
}

TEST_CASE("a spill file whose folder is not there tells why") {
  const TemporaryFolder folder;
  const Opened file = open_spill_file(folder.file("missing"));
  REQUIRE_FALSE(file);
  CHECK(file.error() == boost::system::errc::no_such_file_or_directory);
}
