#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "bench/floors/frame_floor.h"

namespace {

using kismet::UniqueFd;

constexpr int kPipeSize = 1024 * 1024;

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Pipe make_pipe() {
  std::array<int, 2> fds{-1, -1};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) std::perror("pipe2");
  ::fcntl(fds[0], F_SETPIPE_SZ, kPipeSize);
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

void set_non_blocking(const UniqueFd& fd) {
  ::fcntl(fd.get(), F_SETFL, O_NONBLOCK);
}

[[noreturn]] void become_helper(char** argv, int in, int out) {
  std::string in_option = "--in-fd=" + std::to_string(in);
  std::string out_option = "--out-fd=" + std::to_string(out);
  ::fcntl(in, F_SETFD, 0);
  ::fcntl(out, F_SETFD, 0);
  std::vector<char*> args{argv[1], in_option.data(), out_option.data()};
  for (char** more = argv + 2; *more != nullptr; ++more) args.push_back(*more);
  args.push_back(nullptr);
  ::execv(argv[1], args.data());
  std::perror(argv[1]);
  ::_exit(127);
}

UniqueFd listen_on_loopback(unsigned& port) {
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket.get(), generic, length) != 0 || ::listen(socket.get(), SOMAXCONN) != 0) std::perror("listen");
  ::getsockname(socket.get(), generic, &length);
  port = ntohs(address.sin_port);
  return socket;
}

}  // namespace

/// frame_floor HELPER [ARGUMENT...]
int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: frame_floor HELPER [ARGUMENT...]\n");
    return 2;
  }
  Pipe questions = make_pipe();
  Pipe answers = make_pipe();
  if (::fork() == 0) become_helper(argv, questions.read.get(), answers.write.get());
  questions.read.reset();
  answers.write.reset();
  set_non_blocking(questions.write);
  set_non_blocking(answers.read);

  ::signal(SIGPIPE, SIG_IGN);
  unsigned port = 0;
  UniqueFd listener = listen_on_loopback(port);
  std::printf("listening on http://127.0.0.1:%u/\n", port);
  std::fflush(stdout);
  kismet::bench::FrameFloor(std::move(listener), std::move(answers.read), std::move(questions.write)).run();
}
