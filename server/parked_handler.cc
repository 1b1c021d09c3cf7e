#include "server/parked_handler.h"

#include "httpd/error_pages.h"

namespace kismet {

Task<void> ParkedHandler::handle(const Request& request, ResponseWriter& out) {
  OwnPage page = make_error_page(503, "The helper behind this page is restarting.", request);
  page.head.headers.emplace_back("Retry-After", "1");
  co_await out.send(page.head, page.body);
}

}  // namespace kismet
