#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "bench/helper/answers.h"
#include "bench/helper/frame_writer.h"
#include "bench/helper/publisher.h"
#include "bench/helper/streams.h"

namespace kismet::bench {

struct HelperOptions {
  int in_fd = -1;
  int out_fd = -1;
  wire::Generation generation = wire::Generation::v2;
  std::string prefix;              // Of all URIs, for a second helper behind the same daemon.
  std::uint64_t uris = 0;          // URIs /bench/uri/0 ... beside those of bodies.h; each answers as the hello does.
  std::uint64_t publish_rate = 0;  // Events a second.
  std::size_t publish_size = 256;  // Bytes of an event.
  bool subscribe = false;          // Hear what is published.
};

/// A helper that is as fast as the wire allows: many frames a read and a write, nothing that waits, and no work a frame
/// but its own. It is the same behind the daemon and behind frame_floor.
/// Thread rule: one thread. Owned by main.
class BenchHelper {
 public:
  explicit BenchHelper(const HelperOptions& options);
  /// Serves until the daemon closes its end or sends SHUTDOWN. Returns the exit code.
  int run();

 private:
  void register_uri(std::string_view uri);
  bool read();
  void handle(const wire::Command& command, wire::Seqno seqno);
  void answer(const wire::HttpRequest& request);
  std::string statistics();
  /// Adds and writes until all is said or the pipe is full.
  bool produce();
  void watch();

  UniqueFd in_;
  UniqueFd out_;
  UniqueFd epoll_;
  UniqueFd second_;       // Ticks for the streams.
  UniqueFd centisecond_;  // Ticks for the publisher, if it has something to publish.
  wire::FrameParser parser_;
  const wire::Codec& codec_;
  const std::string prefix_;
  std::vector<char> input_;
  std::size_t filled_ = 0;
  FrameWriter writer_;
  Answers answers_;
  Streams streams_;
  Publisher publisher_;
  std::uint64_t requests_ = 0;
  std::uint64_t cancels_ = 0;
  std::uint64_t reads_ = 0;
  std::uint64_t events_ = 0;
  bool watching_output_ = false;
  bool over_ = false;
};

}  // namespace kismet::bench
