#pragma once

#include <string>
#include <string_view>

#include "httpd/request.h"
#include "httpd/response_writer.h"

namespace kismet {

/// The phrase that goes with a status; "Unknown" if there is none.
std::string_view reason_phrase(unsigned status);

/// Headers of pages that are the daemon's own: nothing of another origin runs in them, and none may frame them.
void add_security_headers(ResponseHead& head);

/// An answer of the daemon's own making.
struct OwnPage {
  ResponseHead head;
  std::string body;
};

/// The one maker of error answers. `reason` says in plain words what is wrong, and is escaped as the format needs: JSON
/// for clients that ask for it (Accept, or a path that ends in .json and the like), HTML for browsers, else text.
OwnPage make_error_page(unsigned status, std::string_view reason, const Request& request);

/// `text` with the characters that mean something in HTML replaced.
std::string html_escape(std::string_view text);

}  // namespace kismet
