#include "external/msgpack_io.h"

namespace kismet::wire::msgpack {

Value Cursor::next() {
  using Kind = Value::Kind;
  if (at_end()) return {};
  const auto head = static_cast<std::uint8_t>(bytes_[at_++]);
  if (head <= 0x7f) return {Kind::number, head, {}};
  if (head <= 0x8f) return {Kind::map, head & 0x0fU, {}};
  if (head <= 0x9f) return {Kind::array, head & 0x0fU, {}};
  if (head <= 0xbf) return text(head & 0x1fU);
  if (head >= 0xe0) return {Kind::other, 0, {}};  // A negative number.
  switch (head) {
    case 0xc0:  // nil
      return {Kind::other, 0, {}};
    case 0xc2:
    case 0xc3:
      return {Kind::truth, head & 1U, {}};
    case 0xc4:  // bin
    case 0xc5:
    case 0xc6:
      return sized(Kind::text, std::size_t{1} << (head - 0xc4));
    case 0xc7:  // ext: a type, then as many bytes as its length says.
    case 0xc8:
    case 0xc9: {
      std::uint64_t length = 0;
      if (!number(std::size_t{1} << (head - 0xc7), length)) return {};
      return text(length + 1, Kind::other);
    }
    case 0xca:  // float
      return text(4, Kind::other);
    case 0xcb:
      return text(8, Kind::other);
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf:
      return integer(std::size_t{1} << (head - 0xcc), false);
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
      return integer(std::size_t{1} << (head - 0xd0), true);
    case 0xd4:  // ext of a fixed length
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
      return text((std::uint64_t{1} << (head - 0xd4)) + 1, Kind::other);
    case 0xd9:
    case 0xda:
    case 0xdb:
      return sized(Kind::text, std::size_t{1} << (head - 0xd9));
    case 0xdc:
    case 0xdd:
      return sized(Kind::array, std::size_t{2} << (head - 0xdc));
    case 0xde:
    case 0xdf:
      return sized(Kind::map, std::size_t{2} << (head - 0xde));
    default:
      return {};  // 0xc1, which is never used.
  }
}

bool Cursor::skip(const Value& value, int depth) {
  if (value.kind == Value::Kind::bad) return false;
  if (value.kind != Value::Kind::array && value.kind != Value::Kind::map) return true;
  const std::uint64_t elements = value.kind == Value::Kind::map ? value.number * 2 : value.number;
  if (depth == 0 || elements > left()) return false;  // Each has a byte at the least.
  for (std::uint64_t i = 0; i < elements; ++i) {
    if (!skip(next(), depth - 1)) return false;
  }
  return true;
}

Value Cursor::integer(std::size_t bytes, bool is_signed) {
  std::uint64_t value = 0;
  if (!number(bytes, value)) return {};
  const bool negative = is_signed && (value >> (8 * bytes - 1) & 1) != 0;
  return {negative ? Value::Kind::other : Value::Kind::number, value, {}};
}

Value Cursor::sized(Value::Kind kind, std::size_t length_bytes) {
  std::uint64_t length = 0;
  if (!number(length_bytes, length)) return {};
  if (kind == Value::Kind::text) return text(length);
  return {kind, length, {}};
}

Value Cursor::text(std::uint64_t length, Value::Kind kind) {
  if (length > left()) return {};
  const std::string_view view = bytes_.substr(at_, static_cast<std::size_t>(length));
  at_ += view.size();
  return {kind, 0, view};
}

bool Cursor::number(std::size_t bytes, std::uint64_t& value) {
  if (bytes > left()) return false;
  for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes_[at_++]);
  return true;
}

bool Read::next() {
  if (good_ && left_ == 0 && !in_.at_end()) good_ = false;  // Something behind the map.
  if (!good_ || left_ == 0) return false;
  --left_;
  const Value key = in_.next();
  key_ = key.kind == Value::Kind::number ? key.number : 0;
  good_ = in_.skip(key);
  value_ = in_.next();
  known_ = false;
  if (value_.kind == Value::Kind::bad) good_ = false;
  return good_;
}

// A list or a map of texts; elements that are no texts are left out.
void Read::list(std::uint32_t number, std::vector<std::string_view>& members) {
  if (!is(number, Value::Kind::array)) return;
  known_ = true;
  for (std::uint64_t i = 0; i < value_.number && good_; ++i) {
    std::string_view text;
    if (next_text(text)) members.push_back(text);
  }
}

void Read::pairs(std::uint32_t number, std::vector<Pair>& members) {
  if (!is(number, Value::Kind::map)) return;
  known_ = true;
  for (std::uint64_t i = 0; i < value_.number && good_; ++i) {
    Pair pair;
    const bool name = next_text(pair.first);
    const bool value = good_ && next_text(pair.second);
    if (name && value) members.push_back(pair);
  }
}

bool Read::next_text(std::string_view& text) {
  const Value value = in_.next();
  text = value.text;
  if (!in_.skip(value)) good_ = false;
  return good_ && value.kind == Value::Kind::text;
}

}  // namespace kismet::wire::msgpack
