#include "httpd/request_parser.h"

#include <boost/beast/http/error.hpp>

namespace kismet {

namespace http = boost::beast::http;

namespace {

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

bool has_bare_line_feed(std::string_view bytes) {
  for (std::size_t at = bytes.find('\n'); at != std::string_view::npos; at = bytes.find('\n', at + 1)) {
    if (at == 0 || bytes[at - 1] != '\r') return true;
  }
  return false;
}

bool has_folded_line(std::string_view bytes) {
  return bytes.find("\r\n ") != std::string_view::npos || bytes.find("\r\n\t") != std::string_view::npos;
}

}  // namespace

RequestParser::RequestParser(Request& into, const HttpdSettings& settings)
    : request_(into), settings_(settings), scanner_(settings) {
  basic_parser::header_limit(static_cast<std::uint32_t>(settings.header_limit + 1));
  basic_parser::body_limit(settings.body_limit);
}

std::size_t RequestParser::put(std::string_view bytes) {
  switch (state_) {
    case State::head:
      return put_head(bytes);
    case State::body:
      return put_body(bytes);
    case State::complete:
    case State::refused:
      break;
  }
  return 0;
}

std::size_t RequestParser::put_head(std::string_view bytes) {
  switch (scanner_.scan(bytes)) {
    case HeadScanner::State::more:
      return 0;
    case HeadScanner::State::refused:
      refuse(scanner_.refusal());
      return 0;
    case HeadScanner::State::complete:
      break;
  }
  const std::string_view head = bytes.substr(scanner_.begin(), scanner_.end() - scanner_.begin());
  error_code ec;
  const std::size_t taken = basic_parser::put(boost::asio::const_buffer(head.data(), head.size()), ec);
  if (ec) {
    refuse(ec);
    return 0;
  }
  if (taken != head.size() || !head_done_) {  // The gate and the parser read it differently.
    refuse({400, "The headers are ambiguous"});
    return 0;
  }
  if (const Refusal refusal = check_head(request_, facts_, settings_)) {
    refuse(refusal);
    return 0;
  }
  expects_continue_ = !facts_.expect.empty() && request_.version == 11;
  facts_ = {};  // Its views end here.
  had_prefix_ = split_target(request_, settings_.uri_prefix);
  basic_parser::eager(true);
  state_ = basic_parser::is_done() ? State::complete : State::body;
  return scanner_.end();
}

std::size_t RequestParser::put_body(std::string_view bytes) {
  error_code ec;
  const std::size_t taken = basic_parser::put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
  body_bytes_ += taken;
  if (ec == http::error::need_more) {
    // What is left is the beginning of a chunk's header, or of the trailer.
    const std::string_view left = bytes.substr(taken);
    if (has_bare_line_feed(left)) {
      refuse({400, "A chunk header has a bare LF"});
    } else if (left.size() > settings_.header_limit) {
      refuse({431, "A chunk header or the trailer is too long"});
    }
    return taken;
  }
  if (ec) {
    refuse(ec);
  } else if (basic_parser::is_done()) {
    state_ = State::complete;
    if (trailer_ && has_folded_line(trailer_of(bytes.substr(0, taken)))) {
      refuse({400, "A header is folded over several lines"});
    }
  }
  return taken;
}

std::string_view RequestParser::trailer_of(std::string_view request) const {
  return request.substr(static_cast<std::size_t>(trailer_ - request.data()));
}

void RequestParser::refuse(const Refusal& refusal) {
  refusal_ = refusal;
  state_ = State::refused;
}

void RequestParser::refuse(const error_code& ec) {
  if (refusal_) return refuse(Refusal(refusal_));
  if (ec == http::error::body_limit) return refuse({413, "The body is too large"});
  if (ec == http::error::header_limit) return refuse({431, "The headers are too long"});
  if (ec == http::error::bad_content_length) return refuse({400, "The Content-Length is not valid"});
  if (ec == http::error::multiple_content_length) return refuse({400, "There is more than one Content-Length"});
  if (ec == http::error::bad_transfer_encoding) return refuse({400, "The Transfer-Encoding is not valid"});
  if (ec == http::error::bad_chunk) return refuse({400, "A chunk of the body is not valid"});
  if (ec == http::error::bad_chunk_extension) return refuse({400, "A chunk extension is not valid"});
  refuse({400, "The request is malformed"});
}

void RequestParser::on_request_impl(http::verb, string_view method, string_view target, int version, error_code&) {
  request_.method.assign(method.data(), method.size());
  request_.target.assign(target.data(), target.size());
  request_.version = static_cast<unsigned>(version);
}

void RequestParser::on_field_impl(field name, string_view name_text, string_view value, error_code& ec) {
  if (head_done_) {  // A trailer: checked, counted, and dropped.
    overhead_ += name_text.size() + value.size() + 4;
    if (overhead_ > settings_.header_limit) ec = http::error::header_limit;
    return;
  }
  request_.headers.add(view(name_text), view(value));
  switch (name) {
    case field::host:
      ++facts_.hosts;
      facts_.host = view(value);
      break;
    case field::content_length:
      if (++facts_.content_lengths == 1) facts_.content_length = view(value);
      break;
    case field::transfer_encoding:
      ++facts_.transfer_encodings;
      facts_.transfer_encoding = view(value);
      break;
    case field::expect:
      facts_.expect = view(value);
      break;
    default:
      break;
  }
}

std::size_t RequestParser::on_body_impl(string_view body, error_code&) {
  request_.body.append(body.data(), body.size());
  return body.size();
}

void RequestParser::on_chunk_header_impl(std::uint64_t size, string_view extensions, error_code& ec) {
  if (size == 0) trailer_ = extensions.data() + extensions.size();
  overhead_ += extensions.size();
  if (overhead_ > settings_.header_limit) {
    refusal_ = {400, "The chunk extensions are too long"};
    ec = http::error::header_limit;
  } else if (!valid_chunk_extension(view(extensions))) {
    ec = http::error::bad_chunk_extension;
  }
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, string_view body, error_code&) {
  request_.body.append(body.data(), body.size());
  return body.size();
}

}  // namespace kismet
