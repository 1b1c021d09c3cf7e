#include "bench/clients/reply_reader.h"

#include <strings.h>

#include <charconv>

namespace kismet::bench {

namespace {

constexpr std::size_t kLongestLine = 8192;

bool begins_with(std::string_view line, std::string_view name) {
  return line.size() >= name.size() && ::strncasecmp(line.data(), name.data(), name.size()) == 0;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin);
}

template <typename T>
bool parse(std::string_view text, T& value, int base = 10) {
  return std::from_chars(text.data(), text.data() + text.size(), value, base).ec == std::errc();
}

}  // namespace

void ReplyReader::reset() {
  state_ = State::head;
  chunked_ = false;
  status_ = 0;
  left_ = 0;
  line_.clear();
}

std::size_t ReplyReader::take_line(std::string_view bytes) {
  const std::size_t end = bytes.find('\n');
  if (end == std::string_view::npos) {
    line_ += bytes;
    if (line_.size() > kLongestLine) state_ = State::broken;
    return bytes.size();
  }
  std::string_view line = bytes.substr(0, end);
  if (!line_.empty()) {
    line_ += line;
    line = line_;
  }
  if (line.ends_with('\r')) line.remove_suffix(1);
  handle_line(line);
  line_.clear();
  return end + 1;
}

void ReplyReader::handle_line(std::string_view line) {
  switch (state_) {
    case State::head:
      handle_head_line(line);
      break;
    case State::chunk_size:
      if (!parse(line, left_, 16)) {
        state_ = State::broken;
      } else {
        state_ = left_ > 0 ? State::content : State::trailer;
      }
      break;
    case State::chunk_end:
      state_ = line.empty() ? State::chunk_size : State::broken;
      break;
    case State::trailer:
      if (line.empty()) state_ = State::complete;
      break;
    case State::content:
    case State::complete:
    case State::broken:
      break;
  }
}

void ReplyReader::handle_head_line(std::string_view line) {
  if (status_ == 0) {
    if (!begins_with(line, "HTTP/1.1 ") || !parse(line.substr(9), status_)) state_ = State::broken;
  } else if (line.empty()) {
    // A switch of protocols has no body: the bytes behind it are the other protocol's.
    state_ = chunked_ ? State::chunk_size : left_ > 0 && status_ != 101 ? State::content : State::complete;
  } else if (begins_with(line, "transfer-encoding:")) {
    chunked_ = trimmed(line.substr(18)) == "chunked";
  } else if (begins_with(line, "content-length:")) {
    if (!parse(trimmed(line.substr(15)), left_)) state_ = State::broken;
  }
}

}  // namespace kismet::bench
