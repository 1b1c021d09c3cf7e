#include "httpd/http_response_writer.h"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <charconv>

namespace kismet {

namespace {

constexpr std::size_t kPiecesAtOnce = 16;         // Of a body, in one write: of large ones a megabyte.
constexpr std::string_view kProbe = "HTTP/1.1 ";  // Every head begins with it.
constexpr std::string_view kCrlf = "\r\n";

bool has_no_body(unsigned status) {
  return status < 200 || status == 204 || status == 304;
}

}  // namespace

void HttpResponseWriter::begin(const Request& request, bool keep_alive) {
  phase_ = Phase::waiting;
  framing_ = Framing::none;
  head_only_ = request.method == "HEAD";
  asked_ = &request.headers;
  started_at_ = {};
  keep_alive_ = keep_alive;
  probed_ = moved_ = blocked_ = false;
  version_ = static_cast<std::uint8_t>(request.version);
  line_begin_ = line_end_ = crlf_left_ = 0;
  status_ = 0;
  chunk_left_ = 0;
  body_bytes_ = 0;
  text_ = {};
  more_lines_.clear();
}

void HttpResponseWriter::add_line(std::string_view name, std::string_view value) {
  more_lines_.append(name).append(": ").append(value).append(kCrlf);
}

bool HttpResponseWriter::client_gone() const {
  if (link_.dead() || phase_ == Phase::aborted) return true;
  return link_.stream().peer() == PeerState::finished && !probed_;
}

void HttpResponseWriter::probe() {
  if (probed_ || link_.dead()) return;
  std::string_view first;
  if (phase_ == Phase::waiting) {
    first = kProbe;
  } else if (phase_ == Phase::streaming && framing_ == Framing::chunked && !head_only_ && text_.empty() &&
             line_begin_ == line_end_ && chunk_left_ == 0 && crlf_left_ == 0) {
    first = "0";  // The next chunk's size may begin with it.
  } else if (phase_ == Phase::streaming && text_.size() > kProbe.size()) {
    first = text_.substr(0, kProbe.size());
  } else {
    return;
  }
  const net::const_buffer piece(first.data(), first.size());
  const ByteStream::Result sent = link_.stream().write_some({&piece, 1});
  if (!sent || *sent != first.size()) return;
  probed_ = true;
  if (phase_ == Phase::streaming && !text_.empty()) text_.remove_prefix(first.size());
}

void HttpResponseWriter::open(const ResponseHead& head, Framing framing, std::uint64_t length) {
  status_ = head.status;
  started_at_ = link_.loop().clock().now();
  framing_ = framing;
  head_only_ = head_only_ || has_no_body(status_);
  if (framing == Framing::until_close && !head_only_) keep_alive_ = false;
  if (has_no_body(status_)) framing_ = Framing::none;
  shared_.head_space.clear();
  const HeadOptions options{
      .framing = framing_, .length = length, .version = version_, .keep_alive = keep_alive_, .more_lines = more_lines_};
  shared_.renderer.render(shared_.head_space, head, options);
  text_ = shared_.head_space;
  if (probed_) text_.remove_prefix(kProbe.size());
}

bool HttpResponseWriter::complete_if(bool sent) {
  if (sent) phase_ = Phase::complete;
  return sent;
}

template <typename Body>
std::unique_ptr<CodedAnswer> HttpResponseWriter::code(const ResponseHead& head, Body& body) {
  const CompressionSettings& settings = shared_.settings.compression;
  if (body.size() < settings.min_size) return nullptr;
  const CodingChoice choice = choose_coding(head, body.size(), *asked_, settings);
  if (choice.say_vary) add_line("Vary", "Accept-Encoding");
  if (choice.coding == ContentCoding::identity) return nullptr;
  return code_answer(head, body, choice.coding, settings.level);
}

Task<bool> HttpResponseWriter::send(const ResponseHead& head, std::string_view body) {
  if (phase_ != Phase::waiting || link_.dead()) co_return false;
  const std::unique_ptr<CodedAnswer> coded = code(head, body);
  if (coded) body = coded->body;
  phase_ = Phase::sending;
  open(coded ? coded->head : head, Framing::length, body.size());
  if (head_only_) body = {};
  for (;;) {
    const Step step = push(body);
    if (step != Step::blocked) co_return complete_if(step == Step::done);
    block();
    while (still_blocked()) co_await link_.wakeup().wait();
  }
}

Task<bool> HttpResponseWriter::send(const ResponseHead& head, ChainedBuffer& body) {
  if (phase_ != Phase::waiting || link_.dead()) co_return false;
  const std::unique_ptr<CodedAnswer> coded = code(head, body);
  std::string_view text = coded ? std::string_view(coded->body) : std::string_view();
  phase_ = Phase::sending;
  open(coded ? coded->head : head, Framing::length, coded ? text.size() : body.size());
  if (head_only_) {
    text = {};
    body.clear();
  }
  for (;;) {
    const Step step = coded ? push(text) : push(body);
    if (step != Step::blocked) co_return complete_if(step == Step::done);
    block();
    while (still_blocked()) co_await link_.wakeup().wait();
  }
}

void HttpResponseWriter::start(const ResponseHead& head) {
  if (phase_ != Phase::waiting) return;
  phase_ = Phase::streaming;
  open(head, version_ == 10 ? Framing::until_close : Framing::chunked, 0);
  keep_text();
}

void HttpResponseWriter::start_sized(const ResponseHead& head, std::uint64_t length) {
  if (phase_ != Phase::waiting) return;
  phase_ = Phase::streaming;
  promised_ = length;
  open(head, Framing::length, length);
  keep_text();
}

Task<bool> HttpResponseWriter::write(ChainedBuffer& body) {
  if (phase_ != Phase::streaming || client_gone()) co_return false;
  for (;;) {
    if (head_only_) body.clear();
    if (framing_ == Framing::length && body.size() > promised_ - std::min(promised_, body_bytes_)) {
      abort();  // More would be read as the next answer.
      co_return false;
    }
    const Step step = push(body);
    if (step != Step::blocked) co_return step == Step::done;
    block();
    while (still_blocked()) co_await link_.wakeup().wait();
  }
}

Task<bool> HttpResponseWriter::finish() {
  if (phase_ != Phase::streaming || client_gone()) co_return false;
  if (framing_ == Framing::length && !head_only_ && body_bytes_ != promised_) {
    abort();
    co_return false;
  }
  if (framing_ == Framing::chunked && !head_only_) {
    constexpr std::string_view kEnd = "0\r\n\r\n";
    std::copy(kEnd.begin(), kEnd.end(), line_.begin());
    line_begin_ = 0;
    line_end_ = kEnd.size();
  }
  std::string_view nothing;
  for (;;) {
    const Step step = push(nothing);
    if (step != Step::blocked) co_return complete_if(step == Step::done);
    block();
    while (still_blocked()) co_await link_.wakeup().wait();
  }
}

void HttpResponseWriter::abort() {
  if (phase_ == Phase::complete) return;
  if (framing_ == Framing::until_close && phase_ == Phase::streaming) link_.stream().reset_on_close();
  phase_ = Phase::aborted;
  keep_alive_ = false;
  link_.wakeup().notify();  // A write() may be waiting.
}

Upgrade* HttpResponseWriter::upgrade(const ResponseHead& head) {
  if (phase_ != Phase::waiting || probed_ || version_ == 10 || link_.dead()) return nullptr;
  phase_ = Phase::sending;
  keep_alive_ = true;  // The head says Connection: Upgrade.
  open(head, Framing::none, 0);
  std::string_view nothing;
  if (push(nothing) == Step::failed) return nullptr;
  phase_ = Phase::upgraded;
  shared_.websockets.add();
  keep_alive_ = false;
  upgrade_ = std::make_unique<Upgrade>(Upgrade{.link = link_,
                                               .input = input_,
                                               .receive_space = shared_.receive_space,
                                               .settings = shared_.settings,
                                               .unsent = std::string(text_),
                                               .on_stop = {}});
  return upgrade_.get();
}

bool HttpResponseWriter::still_blocked() const {
  return phase_ != Phase::aborted && !link_.stream().may_write() && !link_.dead();
}

HttpResponseWriter::Step HttpResponseWriter::push(std::string_view& body) {
  for (;;) {
    std::array<net::const_buffer, 1> pieces{net::const_buffer(body.data(), body.size())};
    if (text_.empty() && line_begin_ == line_end_ && body.empty()) return Step::done;
    std::size_t sent = 0;
    const Step step = push(pieces, sent);
    body.remove_prefix(sent);
    if (step != Step::done) return step;
  }
}

HttpResponseWriter::Step HttpResponseWriter::push(ChainedBuffer& body) {
  for (;;) {
    std::array<net::const_buffer, kPiecesAtOnce> pieces;
    std::size_t count = body.front(pieces);
    if (framing_ == Framing::chunked && !head_only_) {
      if (chunk_left_ == 0 && crlf_left_ == 0 && count > 0) {
        std::size_t size = 0;
        for (std::size_t i = 0; i < count; ++i) size += pieces[i].size();
        begin_chunk(size);
      }
      std::size_t left = chunk_left_;  // What was appended since belongs to the next chunk.
      for (std::size_t i = 0; i < count; ++i) {
        pieces[i] = net::const_buffer(pieces[i].data(), std::min(pieces[i].size(), left));
        left -= pieces[i].size();
        if (left == 0) count = i + 1;
      }
      if (chunk_left_ == 0) count = 0;
    }
    if (text_.empty() && line_begin_ == line_end_ && count == 0 && crlf_left_ == 0) return Step::done;
    std::size_t sent = 0;
    const Step step = push(std::span(pieces).first(count), sent);
    body.consume(sent);
    if (step != Step::done) return step;
  }
}

HttpResponseWriter::Step HttpResponseWriter::push(std::span<net::const_buffer> pieces, std::size_t& body_sent) {
  if (phase_ == Phase::aborted) return Step::failed;
  std::array<net::const_buffer, kPiecesAtOnce + 3> all;
  std::size_t count = 0;
  std::size_t total = 0;
  const auto add = [&](const void* data, std::size_t size) {
    if (size == 0) return;
    all[count++] = net::const_buffer(data, size);
    total += size;
  };
  add(text_.data(), text_.size());
  add(line_.data() + line_begin_, static_cast<std::size_t>(line_end_ - line_begin_));
  for (const net::const_buffer& piece : pieces) add(piece.data(), piece.size());
  add(kCrlf.data() + kCrlf.size() - crlf_left_, crlf_left_);

  const ByteStream::Result result = link_.stream().write_some(std::span<const net::const_buffer>(all).first(count));
  if (!result) {
    if (result.error() != net::error::would_block) return Step::failed;
    if (link_.dead()) return Step::failed;
    keep_text();
    return Step::blocked;
  }
  std::size_t sent = *result;
  moved_ = moved_ || sent > 0;
  const bool all_sent = sent == total;
  const auto take = [&sent](std::size_t most) {
    const std::size_t taken = std::min(sent, most);
    sent -= taken;
    return taken;
  };
  text_.remove_prefix(take(text_.size()));
  line_begin_ = static_cast<std::uint8_t>(line_begin_ + take(static_cast<std::size_t>(line_end_ - line_begin_)));
  std::size_t body_size = 0;
  for (const net::const_buffer& piece : pieces) body_size += piece.size();
  body_sent = take(body_size);
  body_bytes_ += body_sent;
  chunk_left_ -= std::min(chunk_left_, body_sent);
  crlf_left_ = static_cast<std::uint8_t>(crlf_left_ - take(crlf_left_));
  if (text_.empty() && kept_.capacity() > kProbe.size() * 2) kept_ = std::string();
  if (all_sent) unblock();
  return Step::done;
}

void HttpResponseWriter::begin_chunk(std::size_t size) {
  const auto [end, error] = std::to_chars(line_.data(), line_.data() + line_.size() - kCrlf.size(), size, 16);
  std::copy(kCrlf.begin(), kCrlf.end(), end);
  line_begin_ = 0;
  line_end_ = static_cast<std::uint8_t>(end + kCrlf.size() - line_.data());
  chunk_left_ = size;
  crlf_left_ = kCrlf.size();
}

void HttpResponseWriter::keep_text() {
  if (text_.empty() || (text_.data() >= kept_.data() && text_.data() < kept_.data() + kept_.size())) return;
  kept_.assign(text_);
  text_ = kept_;
}

void HttpResponseWriter::block() {
  if (!blocked_ || moved_) link_.limit(shared_.settings.write_timeout);
  blocked_ = true;
  moved_ = false;
}

// A ring that the wait for the client has swallowed may have been a source of the handler's.
void HttpResponseWriter::unblock() {
  if (!blocked_) return;
  blocked_ = false;
  link_.no_limit();
  link_.wakeup().notify();
}

}  // namespace kismet
