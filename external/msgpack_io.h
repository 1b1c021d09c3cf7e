#pragma once

#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "external/messages.h"
#include "external/schema.h"

/// MessagePack by the field table of schema.h, on views: a map from field numbers to values. Own code, because the
/// libraries at hand copy every text, and one of them takes no map whose keys are numbers. Unknown keys are skipped, a
/// value of another type than its field's is unknown, the last one wins, nesting is bounded. Text is taken as str or
/// bin.
namespace kismet::wire::msgpack {

/// Takes bytes and only counts them.
struct Count {
  std::size_t size = 0;
  void byte(std::uint32_t) { ++size; }
  void text(std::string_view bytes) { size += bytes.size(); }
};

/// Takes bytes and puts them one behind the other.
struct Put {
  char* at;
  void byte(std::uint32_t value) { *at++ = static_cast<char>(value); }
  void text(std::string_view bytes) {
    if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
    at += bytes.size();
  }
};

/// Writes values in their shortest form, and counts the fields.
template <typename Out>
struct Pack {
  Out out;
  std::uint32_t fields = 0;

  void field(std::uint32_t number, std::uint32_t value) {
    key(number);
    integer(value);
  }
  void field(std::uint32_t number, std::string_view value) {
    key(number);
    text(value);
  }
  void flag(std::uint32_t number) {
    key(number);
    out.byte(0xc3);
  }
  void bytes(std::uint32_t number, std::string_view value) {
    key(number);
    sized(value.size(), {0, 0, 0xc4, 0xc5, 0xc6});
    out.text(value);
  }
  void list(std::uint32_t number, const std::vector<std::string_view>& values) {
    key(number);
    sized(values.size(), {0x90, 16, 0, 0xdc, 0xdd});
    for (const std::string_view value : values) text(value);
  }
  void pairs(std::uint32_t number, const std::vector<Pair>& values) {
    key(number);
    map(values.size());
    for (const auto& [name, value] : values) {
      text(name);
      text(value);
    }
  }
  void map(std::size_t count) { sized(count, {0x80, 16, 0, 0xde, 0xdf}); }

 private:
  /// The first bytes of a kind's forms: with the length in it, if below `below`; with 8, 16, 32 bits of length. 0 is
  /// none.
  struct Forms {
    std::uint32_t fixed, below, in8, in16, in32;
  };

  void key(std::uint32_t number) {
    ++fields;
    integer(number);
  }
  void text(std::string_view value) {
    sized(value.size(), {0xa0, 32, 0xd9, 0xda, 0xdb});
    out.text(value);
  }
  void integer(std::uint32_t value) { sized(value, {0x00, 128, 0xcc, 0xcd, 0xce}); }
  void sized(std::size_t size, Forms forms) {
    const auto value = static_cast<std::uint32_t>(size);
    int bits = 32;
    if (value < forms.below) {
      out.byte(forms.fixed | value);
      return;
    }
    if (forms.in8 != 0 && value <= 0xFF) {
      bits = 8;
      out.byte(forms.in8);
    } else if (value <= 0xFFFF) {
      bits = 16;
      out.byte(forms.in16);
    } else {
      out.byte(forms.in32);
    }
    while ((bits -= 8) >= 0) out.byte(value >> bits & 0xFF);
  }
};

/// One value, or the head of an array or a map whose `number` elements follow.
struct Value {
  enum class Kind : std::uint8_t { bad, other, number, truth, text, array, map } kind = Kind::bad;
  std::uint64_t number = 0;  // Of a truth: 0 or 1.
  std::string_view text;     // str or bin.
};

/// Takes a payload apart, value by value.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : bytes_(bytes) {}
  bool at_end() const { return at_ == bytes_.size(); }
  std::size_t at() const { return at_; }
  /// The next value; Kind::bad if the bytes end before it does.
  Value next();
  /// Skips what follows the head `value`. False if the bytes end before it does, or nest too deep.
  bool skip(const Value& value, int depth = 32);

 private:
  std::size_t left() const { return bytes_.size() - at_; }
  Value integer(std::size_t bytes, bool is_signed);
  Value sized(Value::Kind kind, std::size_t length_bytes);
  Value text(std::uint64_t length, Value::Kind kind = Value::Kind::text);
  bool number(std::size_t bytes, std::uint64_t& value);

  std::string_view bytes_;
  std::size_t at_ = 0;
};

/// Puts the value at hand into the member whose key it has.
class Read {
 public:
  explicit Read(std::string_view bytes) : in_(bytes) {
    if (bytes.empty()) return;  // The same as an empty map.
    const Value map = in_.next();
    good_ = map.kind == Value::Kind::map;
    left_ = map.number;
  }

  bool next();
  void done() {
    if (!known_ && !in_.skip(value_)) good_ = false;
  }
  bool good() const { return good_; }
  std::string problem() const { return "malformed at byte " + std::to_string(in_.at()); }
  bool seen(std::uint32_t number) const { return (seen_ >> number & 1) != 0; }

  void required(std::uint32_t number, auto& member) {
    if (take(number, member)) seen_ |= 1U << number;
  }
  void expected(std::uint32_t number, auto& member) { take(number, member); }
  void optional(std::uint32_t number, auto& member) { take(number, member); }
  void bytes(std::uint32_t number, auto& member) { take(number, member); }
  void list(std::uint32_t number, std::vector<std::string_view>& members);
  void pairs(std::uint32_t number, std::vector<Pair>& members);

 private:
  bool is(std::uint32_t number, Value::Kind kind) { return key_ == number && value_.kind == kind; }
  bool take(std::uint32_t number, std::uint32_t& member) {
    if (!is(number, Value::Kind::number) || value_.number > std::numeric_limits<std::uint32_t>::max()) return false;
    member = static_cast<std::uint32_t>(value_.number);
    return known_ = true;
  }
  bool take(std::uint32_t number, bool& member) {
    if (!is(number, Value::Kind::truth) && !is(number, Value::Kind::number)) return false;
    member = value_.number != 0;
    return known_ = true;
  }
  bool take(std::uint32_t number, std::string_view& member) {
    if (!is(number, Value::Kind::text)) return false;
    member = value_.text;
    return known_ = true;
  }
  template <typename T>
  bool take(std::uint32_t number, std::optional<T>& member) {
    T value{};
    if (!take(number, value)) return false;
    member = value;
    return true;
  }
  bool next_text(std::string_view& text);

  Cursor in_;
  std::uint64_t left_ = 0;
  std::uint64_t key_ = 0;  // 0 is no field's.
  Value value_;
  std::uint32_t seen_ = 0;  // Required numbers are below 32.
  bool known_ = false;
  bool good_ = true;
};

}  // namespace kismet::wire::msgpack
