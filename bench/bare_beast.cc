// The floor of a web server built on Beast, with nothing behind it: one thread, a coroutine a connection, the parser
// and the serialised answer of Beast's own examples, thirteen bytes of text. What the daemon is measured against.

#include <signal.h>

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Tcp = net::ip::tcp;

net::awaitable<void> serve(Tcp::socket socket) {
  constexpr auto token = net::as_tuple(net::use_awaitable);
  beast::flat_buffer buffer;
  for (;;) {
    http::request<http::empty_body> request;
    const auto [read_error, read] = co_await http::async_read(socket, buffer, request, token);
    if (read_error) co_return;
    http::response<http::string_body> response(http::status::ok, request.version());
    response.set(http::field::server, "bare");
    response.set(http::field::content_type, "text/plain");
    response.keep_alive(request.keep_alive());
    response.body() = "Hello, world!";
    response.prepare_payload();
    const auto [write_error, written] = co_await http::async_write(socket, response, token);
    if (write_error || !response.keep_alive()) co_return;
  }
}

net::awaitable<void> listen(Tcp::acceptor acceptor) {
  for (;;) {
    auto [error, socket] = co_await acceptor.async_accept(net::as_tuple(net::use_awaitable));
    if (error) continue;
    socket.set_option(Tcp::no_delay(true));
    net::co_spawn(acceptor.get_executor(), serve(std::move(socket)), net::detached);
  }
}

}  // namespace

int main() {
  ::signal(SIGPIPE, SIG_IGN);
  net::io_context context(1);
  Tcp::acceptor acceptor(context, {net::ip::address_v4::loopback(), 0});
  std::printf("listening on http://127.0.0.1:%u/\n", static_cast<unsigned>(acceptor.local_endpoint().port()));
  std::fflush(stdout);
  net::co_spawn(context, listen(std::move(acceptor)), net::detached);
  context.run();
}
