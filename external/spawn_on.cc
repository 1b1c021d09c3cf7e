#include "external/spawn_on.h"

#include <boost/asio/post.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "base/wakeup.h"

namespace kismet {

namespace {

using Start = std::shared_ptr<std::function<SpawnResult(const Launch&)>>;

/// A start on its way between two loops.
struct Hop {
  Hop(Launch what, Executor executor) : launch(std::move(what)), done(executor) {}

  Launch launch;
  Wakeup done;
  std::optional<SpawnResult> result;  // Or what was thrown in its place.
  std::exception_ptr thrown;
};

Task<SpawnResult> spawn_from(Loop& first, Start start, Loop& here, Launch launch) {
  if (&first == &here) co_return (*start)(launch);
  const auto hop = std::make_shared<Hop>(std::move(launch), here.get_executor());
  auto work = [hop, start] {
    try {
      hop->result = (*start)(hop->launch);
    } catch (...) {
      hop->thrown = std::current_exception();
    }
    net::post(hop->done.get_executor(), [hop] { hop->done.notify(); });
  };
  net::post(first.get_executor(), std::move(work));
  co_await hop->done.wait();
  if (hop->thrown) std::rethrow_exception(hop->thrown);
  co_return std::move(*hop->result);
}

}  // namespace

SpawnFunction spawn_on(Loop& first, std::function<SpawnResult(const Launch&)> start) {
  return [&first, shared = std::make_shared<Start::element_type>(std::move(start))](Loop& here, Launch launch) {
    return spawn_from(first, shared, here, std::move(launch));
  };
}

}  // namespace kismet
