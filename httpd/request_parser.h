#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "httpd/chunk_reader.h"
#include "httpd/request.h"
#include "httpd/request_gate.h"
#include "httpd/settings.h"

namespace kismet {

/// Reads one request into a Request: the gate looks at the head before Beast's parser splits it and after that, and the
/// body is read strictly. Made anew for each request.
/// Thread rule: the connection's loop. Owned by the connection.
class RequestParser final : private boost::beast::http::basic_parser<true> {
 public:
  enum class State : std::uint8_t {
    head,  // More bytes of the head are wanted.
    body,  // The head is there and has passed the gate; the body is not there yet.
    complete,
    refused,  // See refusal(); nothing more is read.
  };

  /// Both outlive the parser; `into` is empty.
  RequestParser(Request& into, const HttpdSettings& settings);

  /// Takes what it can of `bytes` and returns how much that was; the rest comes again, with more behind it. Stops at
  /// the end of the head, so that the caller can decide about it, and at the end of the request.
  std::size_t put(std::string_view bytes);
  State state() const { return state_; }
  const Refusal& refusal() const { return refusal_; }

  // Known once the head is there:
  bool keep_alive() const { return basic_parser::keep_alive(); }
  bool upgrade() const { return basic_parser::upgrade(); }
  bool expects_continue() const { return expects_continue_; }
  /// Whether the path had the prefix of the settings.
  bool had_prefix() const { return had_prefix_; }
  /// Bytes of the body so far, framing included.
  std::size_t body_bytes() const { return body_bytes_; }

 private:
  using error_code = boost::beast::error_code;
  using string_view = boost::beast::string_view;
  using field = boost::beast::http::field;

  std::size_t put_head(std::string_view bytes);
  std::size_t put_body(std::string_view bytes);
  void refuse(const Refusal& refusal);
  void refuse(const error_code& ec);

  void on_request_impl(boost::beast::http::verb, string_view method, string_view target, int version,
                       error_code& ec) override;
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(field name, string_view name_text, string_view value, error_code& ec) override;
  void on_header_impl(error_code&) override { head_done_ = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  // Beast sees no body.
  std::size_t on_body_impl(string_view, error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view, error_code&) override { return 0; }
  void on_finish_impl(error_code&) override {}

  Request& request_;
  const HttpdSettings& settings_;
  HeadScanner scanner_;
  HeadFacts facts_;
  Refusal refusal_;
  State state_ = State::head;
  bool head_done_ = false;  // Beast has seen the end of the head.
  bool expects_continue_ = false;
  bool had_prefix_ = false;
  std::size_t body_bytes_ = 0;
  std::uint64_t length_left_ = 0;  // Of a body with Content-Length.
  ChunkReader chunks_;
};

}  // namespace kismet
