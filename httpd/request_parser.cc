#include "httpd/request_parser.h"

#include <algorithm>
#include <boost/beast/http/error.hpp>

namespace kismet {

namespace http = boost::beast::http;

namespace {

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

RequestParser::RequestParser(Request& into, const HttpdSettings& settings)
    : request_(into), settings_(settings), scanner_(settings), chunks_(settings) {
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
  length_left_ = basic_parser::content_length_remaining().value_or(0);
  state_ = length_left_ > 0 || basic_parser::chunked() ? State::body : State::complete;
  return scanner_.end();
}

std::size_t RequestParser::put_body(std::string_view bytes) {
  std::string_view left = bytes;
  if (basic_parser::chunked()) {
    switch (chunks_.put(left, request_.body)) {
      case ChunkReader::State::more:
        break;
      case ChunkReader::State::complete:
        state_ = State::complete;
        break;
      case ChunkReader::State::refused:
        refuse(chunks_.refusal());
        break;
    }
  } else {
    const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(length_left_, left.size()));
    request_.body.append(left.substr(0, count));
    left.remove_prefix(count);
    length_left_ -= count;
    if (length_left_ == 0) state_ = State::complete;
  }
  body_bytes_ += bytes.size() - left.size();
  return bytes.size() - left.size();
}

void RequestParser::refuse(const Refusal& refusal) {
  refusal_ = refusal;
  state_ = State::refused;
}

void RequestParser::refuse(const error_code& ec) {
  if (ec == http::error::body_limit) return refuse({413, "The body is too large"});
  if (ec == http::error::header_limit) return refuse({431, "The headers are too long"});
  if (ec == http::error::bad_content_length) return refuse({400, "The Content-Length is not valid"});
  if (ec == http::error::multiple_content_length) return refuse({400, "There is more than one Content-Length"});
  if (ec == http::error::bad_transfer_encoding) return refuse({400, "The Transfer-Encoding is not valid"});
  refuse({400, "The request is malformed"});
}

void RequestParser::on_request_impl(http::verb, string_view method, string_view target, int version, error_code&) {
  request_.method.assign(method.data(), method.size());
  request_.target.assign(target.data(), target.size());
  request_.version = static_cast<unsigned>(version);
}

void RequestParser::on_field_impl(field name, string_view name_text, string_view value, error_code&) {
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

}  // namespace kismet
