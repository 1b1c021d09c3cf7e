#include "server/event_feed_sse.h"

#include <utility>

#include "base/chained_buffer.h"
#include "base/deadlines.h"
#include "httpd/error_pages.h"
#include "httpd/percent.h"
#include "httpd/response_writer.h"
#include "server/event_publishing.h"

namespace kismet {

namespace {

bool asks_for_names(const Request& request) {
  bool named = false;
  for_each_field(request.query, [&](std::string_view name, std::string_view value) {
    if (name == "named") named = value == "1" || value == "true" || value.empty();
  });
  return named;
}

std::string without_line_breaks(std::string text) {
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r'; });
  return text;
}

/// One event of the stream. A text of several lines (prettyjson) is as many data lines.
std::string sse_text(const EventFeed::Item& item, std::uint64_t epoch, bool named) {
  std::string out = "id: " + event_id(epoch, item.event->seq) + '\n';
  if (named) out += "event: " + without_line_breaks(item.event->topic) + '\n';
  std::string_view rest = *item.text;
  do {
    const std::size_t end = rest.find('\n');
    out += "data: ";
    out += rest.substr(0, end);
    out += '\n';
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  } while (!rest.empty());
  return out += '\n';
}

}  // namespace

Task<void> EventFeedSse::handle(const Request& request, ResponseWriter& out) {
  std::string fault;
  FeedWish wish = parse_feed_query(request, events_.epoch(), fault);
  EventFeed feed(out.loop(), events_, settings_, registry_.add("sse", request), [&out] { out.wakeup().notify(); });
  if (fault.empty()) fault = feed.subscribe(std::move(wish));
  if (!fault.empty()) {
    const OwnPage page = make_error_page(400, fault, request);
    co_await out.send(page.head, page.body);
    co_return;
  }
  // Proxies that gather answers before they pass them on would hold events back.
  out.start({200, "text/event-stream", {{"Cache-Control", "no-cache"}, {"X-Accel-Buffering", "no"}}});
  co_await stream(feed, out, asks_for_names(request));
}

Task<void> EventFeedSse::stream(EventFeed& feed, ResponseWriter& out, bool named) {
  bool silent = false;
  Deadline keep_alive(out.loop().deadlines(), [&] {
    silent = true;
    out.wakeup().notify();
  });
  ChainedBuffer buffer;
  buffer.append("retry: 1000\n\n");
  while (!out.client_gone()) {
    while (buffer.size() < settings_.sse_batch) {
      const std::optional<EventFeed::Item> item = feed.next();
      if (!item) break;
      buffer.append(sse_text(*item, events_.epoch(), named));
    }
    if (buffer.empty() && std::exchange(silent, false)) buffer.append(":\n\n");
    if (buffer.empty()) {
      co_await out.wakeup().wait();
      continue;
    }
    const bool written = co_await out.write(buffer);
    if (!written) co_return;
    silent = false;
    keep_alive.set(settings_.sse_keep_alive);
  }
}

}  // namespace kismet
