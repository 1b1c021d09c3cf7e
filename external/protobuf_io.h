#pragma once

#include <google/protobuf/io/coded_stream.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "external/messages.h"
#include "external/schema.h"

/// Protobuf by the field table of schema.h, on views: nothing is copied on the way in, and one copy is made on the way
/// out. The rules are those of the generated code: unknown fields and groups are skipped, a known field of another wire
/// type is unknown, the last value wins, nesting is bounded. `Fields` is a type with fields(message, visitor), such as
/// Schema<M>.
namespace kismet::wire::protobuf {

using Input = google::protobuf::io::CodedInputStream;
using Output = google::protobuf::io::CodedOutputStream;

enum WireType : std::uint32_t { kVarint = 0, kFixed64 = 1, kLength = 2, kGroup = 3, kEndGroup = 4, kFixed32 = 5 };

constexpr std::uint32_t tag_of(std::uint32_t number, WireType type) {
  return number << 3 | type;
}

struct PairFields {
  static void fields(auto& pair, auto& visit) {
    visit.required(1, pair.first);
    visit.required(2, pair.second);
  }
};

template <typename Fields, typename M>
std::size_t size_of(const M& message);
template <typename Fields, typename M>
std::uint8_t* write(const M& message, std::uint8_t* at);
/// Returns what is wrong with `bytes`, or an empty string.
template <typename Fields, typename M>
std::string read(std::string_view bytes, M& message);

struct Measure {
  std::size_t size = 0;
  static std::size_t varint(std::size_t value) { return Output::VarintSize32(static_cast<std::uint32_t>(value)); }
  void field(std::uint32_t number, std::uint32_t value) { size += varint(number << 3) + varint(value); }
  void field(std::uint32_t number, std::string_view value) { text(number, value.size()); }
  void flag(std::uint32_t number) { field(number, 1U); }
  void bytes(std::uint32_t number, std::string_view value) { text(number, value.size()); }
  void list(std::uint32_t number, const auto& values) {
    for (const std::string_view value : values) text(number, value.size());
  }
  void pairs(std::uint32_t number, const auto& values) {
    for (const Pair& value : values) text(number, size_of<PairFields>(value));
  }
  void text(std::uint32_t number, std::size_t length) { size += varint(number << 3) + varint(length) + length; }
};

struct Write {
  std::uint8_t* at;
  void varint(std::size_t value) { at = Output::WriteVarint32ToArray(static_cast<std::uint32_t>(value), at); }
  void field(std::uint32_t number, std::uint32_t value) {
    varint(tag_of(number, kVarint));
    varint(value);
  }
  void field(std::uint32_t number, std::string_view value) {
    varint(tag_of(number, kLength));
    varint(value.size());
    if (!value.empty()) std::memcpy(at, value.data(), value.size());
    at += value.size();
  }
  void flag(std::uint32_t number) { field(number, 1U); }
  void bytes(std::uint32_t number, std::string_view value) { field(number, value); }
  void list(std::uint32_t number, const auto& values) {
    for (const std::string_view value : values) field(number, value);
  }
  void pairs(std::uint32_t number, const auto& values) {
    for (const Pair& value : values) {
      varint(tag_of(number, kLength));
      varint(size_of<PairFields>(value));
      at = write<PairFields>(value, at);
    }
  }
};

/// Puts the value of the field at hand into the member whose number it has.
class Read {
 public:
  explicit Read(std::string_view bytes)
      : bytes_(bytes), in_(reinterpret_cast<const std::uint8_t*>(bytes.data()), static_cast<int>(bytes.size())) {}

  /// Advances to the next field. False at the end, and when the bytes are malformed.
  bool next() {
    if (in_.ExpectAtEnd()) return false;
    tag_ = in_.ReadTagNoLastTag();
    known_ = false;
    if (tag_ >> 3 == 0) fail();
    return good_;
  }
  /// After all members have looked at the field: nobody's is skipped.
  void done() {
    if (!known_ && !skip(tag_, kDeepest)) fail();
  }
  bool good() const { return good_; }
  std::string problem() const { return "malformed at byte " + std::to_string(in_.CurrentPosition()); }

  void required(std::uint32_t number, auto& member) {
    if (take(number, member)) seen_ |= 1U << number;
  }
  void expected(std::uint32_t number, auto& member) { take(number, member); }
  void optional(std::uint32_t number, auto& member) { take(number, member); }
  void bytes(std::uint32_t number, auto& member) { take(number, member); }
  void list(std::uint32_t number, std::vector<std::string_view>& members) {
    std::string_view value;
    if (take(number, value)) members.push_back(value);
  }
  void pairs(std::uint32_t number, std::vector<Pair>& members) {
    std::string_view whole;
    if (!take(number, whole)) return;
    if (!read<PairFields>(whole, members.emplace_back()).empty()) fail();
  }
  bool seen(std::uint32_t number) const { return (seen_ >> number & 1) != 0; }

 private:
  static constexpr int kDeepest = 100;

  bool take(std::uint32_t number, std::uint32_t& member) {
    std::uint64_t value = 0;
    if (tag_ != tag_of(number, kVarint)) return false;
    const bool good = in_.ReadVarint64(&value);
    return keep(good, member, static_cast<std::uint32_t>(value));
  }
  bool take(std::uint32_t number, bool& member) {
    std::uint64_t value = 0;
    if (tag_ != tag_of(number, kVarint)) return false;
    const bool good = in_.ReadVarint64(&value);
    return keep(good, member, value != 0);
  }
  bool take(std::uint32_t number, std::string_view& member) {
    std::string_view value;
    if (tag_ != tag_of(number, kLength)) return false;
    const bool good = read_text(value);
    return keep(good, member, value);
  }
  template <typename T>
  bool take(std::uint32_t number, std::optional<T>& member) {
    T value{};
    return take(number, value) && keep(true, member, value);
  }
  template <typename T>
  bool keep(bool good, T& member, const auto& value) {
    known_ = true;
    if (good) member = value;
    if (!good) fail();
    return good;
  }

  bool read_text(std::string_view& value) {
    std::uint32_t length = 0;
    if (!in_.ReadVarint32(&length)) return false;
    const auto begin = static_cast<std::size_t>(in_.CurrentPosition());
    if (length > bytes_.size() - begin) return false;
    value = bytes_.substr(begin, length);
    return in_.Skip(static_cast<int>(length));
  }

  bool skip(std::uint32_t tag, int depth) {
    std::uint64_t number = 0;
    std::string_view text;
    switch (tag & 7) {
      case kVarint:
        return in_.ReadVarint64(&number);
      case kFixed64:
        return in_.ReadLittleEndian64(&number);
      case kLength:
        return read_text(text);
      case kFixed32:
        return in_.Skip(4);
      case kGroup:
        while (depth > 0) {
          const std::uint32_t inner = in_.ReadTagNoLastTag();
          if (inner == tag_of(tag >> 3, kEndGroup)) return true;
          if (inner >> 3 == 0 || (inner & 7) == kEndGroup || !skip(inner, depth - 1)) return false;
        }
        return false;
      default:
        return false;
    }
  }

  void fail() { good_ = false; }

  std::string_view bytes_;
  Input in_;
  std::uint32_t tag_ = 0;
  std::uint32_t seen_ = 0;  // Required numbers are below 32.
  bool known_ = false;
  bool good_ = true;
};

template <typename Fields, typename M>
std::size_t size_of(const M& message) {
  Measure measure;
  Present<Measure> sender{measure};
  Fields::fields(message, sender);
  return measure.size;
}

template <typename Fields, typename M>
std::uint8_t* write(const M& message, std::uint8_t* at) {
  Write out{at};
  Present<Write> sender{out};
  Fields::fields(message, sender);
  return out.at;
}

template <typename Fields, typename M>
std::string read(std::string_view bytes, M& message) {
  Read in(bytes);
  return read_fields<Fields>(in, message);
}

}  // namespace kismet::wire::protobuf
