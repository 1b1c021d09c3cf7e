#include "httpd/chunk_reader.h"

#include <algorithm>

#include "httpd/character_sets.h"

namespace kismet {

namespace {

constexpr unsigned kMostDigits = 16;

unsigned hex_value(char c) {
  if (c <= '9') return static_cast<unsigned>(c - '0');
  return static_cast<unsigned>((c | 0x20) - 'a') + 10;
}

// Takes a quoted string off the front of `text`, which begins with its quote.
bool take_quoted(std::string_view& text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

bool take_token(std::string_view& text) {
  const auto* end = std::find_if_not(text.begin(), text.end(), [](char c) { return kTokenCharacters.has(c); });
  const auto size = static_cast<std::size_t>(end - text.begin());
  text.remove_prefix(size);
  return size > 0;
}

// *( ";" token [ "=" ( token / quoted-string ) ] )
bool is_extension(std::string_view text) {
  while (!text.empty()) {
    if (text.front() != ';') return false;
    text.remove_prefix(1);
    if (!take_token(text)) return false;
    if (!text.starts_with('=')) continue;
    text.remove_prefix(1);
    const bool taken = text.starts_with('"') ? take_quoted(text) : take_token(text);
    if (!taken) return false;
  }
  return true;
}

}  // namespace

ChunkReader::State ChunkReader::put(std::string_view& input, std::string& body) {
  while (!refusal_) {
    if (place_ == Place::done) return State::complete;
    if (input.empty()) return State::more;
    if (place_ == Place::data) {
      const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
      body.append(input.substr(0, count));
      input.remove_prefix(count);
      left_ -= count;
      if (left_ == 0) place_ = Place::data_end;
      continue;
    }
    const char c = input.front();
    input.remove_prefix(1);
    if (!take(c)) break;
  }
  return State::refused;
}

ChunkReader::State ChunkReader::refuse(unsigned status, std::string_view reason) {
  refusal_ = {status, reason};
  return State::refused;
}

bool ChunkReader::take(char c) {
  switch (place_) {
    case Place::size:
      return take_size(c);
    case Place::extension:
      return take_text(c, Place::size_end);
    case Place::size_end:
      return is(c, '\n', Place::data) && begin_chunk();
    case Place::data_end:
      return is(c, '\r', Place::data_end_2);
    case Place::data_end_2:
      return is(c, '\n', Place::size);
    case Place::trailer:
      return take_text(c, Place::trailer_end);
    case Place::trailer_end:
      return is(c, '\n', Place::trailer) && end_trailer_line();
    case Place::data:
    case Place::done:
      break;
  }
  return false;
}

bool ChunkReader::is(char c, char wanted, Place next) {
  if (c != wanted) return refuse(400, "A chunk of the body does not end where it must"), false;
  place_ = next;
  return true;
}

bool ChunkReader::take_size(char c) {
  if (kHexDigits.has(c)) {
    if (++digits_ > kMostDigits) return refuse(400, "A chunk's size has too many digits"), false;
    left_ = left_ << 4 | hex_value(c);
    return true;
  }
  if (digits_ == 0 || (c != ';' && c != '\r')) return refuse(400, "A chunk's size is not a number"), false;
  if (c == '\r') return place_ = Place::size_end, true;
  place_ = Place::extension;
  return take_text(c, Place::size_end);
}

/// One more byte of an extension or a trailer, which ends in CRLF.
bool ChunkReader::take_text(char c, Place at_end) {
  if (c == '\r') return place_ = at_end, true;
  if (!kValueCharacters.has(c)) return refuse(400, "The chunks' extensions or trailer have a control character"), false;
  if (++overhead_ > settings_.header_limit) return refuse(431, "The chunks' extensions or trailer are too long"), false;
  line_ += c;
  return true;
}

bool ChunkReader::begin_chunk() {
  if (!is_extension(line_)) return refuse(400, "A chunk's extension is not valid"), false;
  line_.clear();
  digits_ = 0;
  if (left_ == 0) return place_ = Place::trailer, true;
  if (left_ > settings_.body_limit - std::min(total_, settings_.body_limit)) {
    return refuse(413, "The body is too large"), false;
  }
  total_ += static_cast<std::size_t>(left_);
  return true;
}

bool ChunkReader::end_trailer_line() {
  if (line_.empty()) return place_ = Place::done, true;
  refusal_ = check_field_line(line_);
  const std::string_view name = std::string_view(line_).substr(0, line_.find(':'));
  if (iequals(name, "content-length") || iequals(name, "transfer-encoding") || iequals(name, "host")) {
    refusal_ = {400, "The trailer has a header that belongs to the head"};
  }
  line_.clear();
  return !refusal_;
}

}  // namespace kismet
