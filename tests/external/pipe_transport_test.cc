#include "external/pipe_transport.h"

#include <catch2/catch.hpp>

#include "base/loop.h"
#include "base/task_group.h"
#include "tests/external/helper_end.h"

using namespace kismet;
using namespace kismet::testing;

namespace {

struct Pipes {
  Clock clock;
  Loop loop{clock};
  Connection connection = connect(Medium::pipes, loop.get_executor());
  Transport& transport = *connection.transport;
  HelperEnd& helper = *connection.helper_end;
  TaskGroup tasks{loop.get_executor(), {}};

  std::string read(std::size_t most = 100) {
    std::string bytes(most, '\0');
    const auto count = transport.read_some(bytes);
    if (!count) return count.error().message();
    return bytes.substr(0, *count);
  }
  boost::system::result<std::size_t> write(std::string_view bytes) {
    const net::const_buffer buffer(bytes.data(), bytes.size());
    return transport.write_some({&buffer, 1});
  }
  void poll() {
    loop.context().restart();
    loop.context().poll();
  }
};

Task<void> note(Task<boost::system::error_code> wait, std::string& said) {
  const boost::system::error_code ec = co_await std::move(wait);
  said = ec ? ec.message() : "ready";
}

}  // namespace

TEST_CASE_METHOD(Pipes, "reads and writes do what they can and never wait") {
  CHECK(read() == boost::system::error_code(net::error::would_block).message());
  helper.write("hello");
  CHECK(read(3) == "hel");
  CHECK(read() == "lo");
  const std::array<net::const_buffer, 3> pieces{net::buffer("ab", 2), net::buffer("", 0), net::buffer("cd", 2)};
  CHECK(transport.write_some(pieces).value() == 4);
  CHECK(helper.read(100) == "abcd");
  const std::string large(1 << 20, 'x');
  CHECK(write(large).value() < large.size());
  CHECK(write(large).error() == net::error::would_block);
}

TEST_CASE_METHOD(Pipes, "what the helper has not read yet is known") {
  CHECK(transport.unread_by_peer() == 0U);
  write("12345");
  CHECK(transport.unread_by_peer() == 5U);
  helper.read(2);
  CHECK(transport.unread_by_peer() == 3U);
}

TEST_CASE_METHOD(Pipes, "the end of either direction shows as such") {
  helper.close_output();
  CHECK(read() == net::error::make_error_code(net::error::eof).message());
  helper.close_input();
  CHECK(write("x").error() == net::error::broken_pipe);
  CHECK(write("x").error() == boost::system::errc::broken_pipe);
}

TEST_CASE_METHOD(Pipes, "the helper sees the end of its input, and can still be read") {
  transport.close_write();
  CHECK(helper.read(1).empty());
  CHECK(helper.at_end());
  helper.write("bye");
  CHECK(read() == "bye");
  CHECK(write("x").error() == net::error::operation_aborted);
  CHECK_FALSE(transport.unread_by_peer());
}

TEST_CASE_METHOD(Pipes, "waiting ends when there is something to do") {
  std::string said;
  tasks.spawn("reader", note(transport.wait_readable(), said));
  poll();
  CHECK(said.empty());
  SECTION("bytes") {
    helper.write("x");
  }
  SECTION("the end") {
    helper.close_output();
  }
  poll();
  CHECK(said == "ready");
}

TEST_CASE_METHOD(Pipes, "waiting is over at once when there was something to do before") {
  helper.write("xy");
  CHECK(read(1) == "x");
  std::string said;
  tasks.spawn("reader", note(transport.wait_readable(), said));
  poll();
  CHECK(said == "ready");
}

TEST_CASE_METHOD(Pipes, "a writer waits until there is room, or nobody reads") {
  const std::string large(1 << 20, 'x');
  write(large);
  std::string said;
  tasks.spawn("writer", note(transport.wait_writable(), said));
  poll();
  CHECK(said.empty());
  SECTION("room") {
    helper.read(1 << 20);
  }
  SECTION("nobody") {
    helper.close_input();
  }
  poll();
  CHECK(said == "ready");
}

TEST_CASE_METHOD(Pipes, "closing ends who waits, and everything after it") {
  std::string reader;
  std::string writer;
  write(std::string(1 << 20, 'x'));
  tasks.spawn("reader", note(transport.wait_readable(), reader));
  tasks.spawn("writer", note(transport.wait_writable(), writer));
  poll();
  transport.close();
  poll();
  const std::string aborted = net::error::make_error_code(net::error::operation_aborted).message();
  CHECK(reader == aborted);
  CHECK(writer == aborted);
  CHECK(read() == aborted);
  std::string late;
  tasks.spawn("late", note(transport.wait_readable(), late));
  poll();
  CHECK(late == aborted);
}
