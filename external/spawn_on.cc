#include "external/spawn_on.h"

#include <boost/asio/post.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "base/wakeup.h"

namespace kismet {

namespace {

/// A start on its way between two loops.
struct Hop {
  Hop(Launch what, Executor executor) : launch(std::move(what)), done(executor) {}

  Launch launch;
  Wakeup done;
  std::optional<SpawnResult> result;
};

Task<SpawnResult> spawn_from(Loop& first, Loop& here, Launch launch) {
  if (&first == &here) co_return spawn(launch);
  const auto hop = std::make_shared<Hop>(std::move(launch), here.get_executor());
  auto work = [hop] {
    hop->result = spawn(hop->launch);
    net::post(hop->done.get_executor(), [hop] { hop->done.notify(); });
  };
  net::post(first.get_executor(), std::move(work));
  co_await hop->done.wait();
  co_return std::move(*hop->result);
}

}  // namespace

SpawnFunction spawn_on(Loop& first) {
  return [&first](Loop& here, Launch launch) { return spawn_from(first, here, std::move(launch)); };
}

}  // namespace kismet
