#include "httpd/error_pages.h"

#include <boost/beast/http/status.hpp>
#include <nlohmann/json.hpp>
#include <utility>

namespace kismet {

namespace http = boost::beast::http;

namespace {

enum class Format { text, html, json };

Format format_for(const Request& request) {
  const std::string_view accept = request.headers.get("accept");
  const std::size_t json = accept.find("application/json");
  const std::size_t html = accept.find("text/html");
  if (json != std::string_view::npos && (html == std::string_view::npos || json < html)) return Format::json;
  if (html != std::string_view::npos) return Format::html;
  for (const std::string_view extension : {".json", ".itjson", ".ekjson", ".prettyjson", ".tjson"}) {
    if (request.path.ends_with(extension)) return Format::json;
  }
  return Format::text;
}

std::string as_html(unsigned status, std::string_view phrase, std::string_view reason) {
  const std::string title = std::to_string(status) + " " + std::string(phrase);
  return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + title +
         "</title><style>body{font-family:sans-serif;max-width:40em;margin:4em auto;padding:0 "
         "1em}</style></head>\n<body><h1>" +
         title + "</h1>\n<p>" + html_escape(reason) + ".</p></body></html>\n";
}

std::string as_json(unsigned status, std::string_view phrase, std::string_view reason) {
  const nlohmann::json answer = {{"status", status}, {"error", phrase}, {"reason", reason}};
  return answer.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string_view reason_phrase(unsigned status) {
  if (status == 413) return "Content Too Large";
  if (status == 421) return "Misdirected Request";
  const auto phrase = http::obsolete_reason(http::int_to_status(status));
  return phrase.starts_with('<') ? std::string_view("Unknown") : std::string_view(phrase.data(), phrase.size());
}

std::string html_escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

void add_security_headers(ResponseHead& head) {
  head.headers.emplace_back("X-Content-Type-Options", "nosniff");
  head.headers.emplace_back("X-Frame-Options", "SAMEORIGIN");
  head.headers.emplace_back("Referrer-Policy", "same-origin");
}

OwnPage make_error_page(unsigned status, std::string_view reason, const Request& request) {
  OwnPage page;
  page.head.status = status;
  const std::string_view phrase = reason_phrase(status);
  switch (format_for(request)) {
    case Format::html:
      page.head.content_type = "text/html; charset=utf-8";
      page.body = as_html(status, phrase, reason);
      break;
    case Format::json:
      page.head.content_type = "application/json";
      page.body = as_json(status, phrase, reason);
      break;
    case Format::text:
      page.head.content_type = "text/plain; charset=utf-8";
      page.body = std::to_string(status) + " " + std::string(phrase) + ": " + std::string(reason) + "\n";
      break;
  }
  page.head.headers.emplace_back("Cache-Control", "no-store");
  page.head.headers.emplace_back("Content-Security-Policy",
                                 "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'");
  add_security_headers(page.head);
  return page;
}

}  // namespace kismet
