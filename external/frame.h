#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "external/messages.h"

/// The outermost layer of the wire: where a frame begins and ends (proto/README.md, "Frames"). The only place where the
/// length of a frame is checked.
namespace kismet::wire {

/// The three forms of a frame that exist; a connection keeps the one of its first good frame.
enum class Generation : std::uint8_t { v0, v2, v3 };

std::string_view to_string(Generation generation);
std::size_t header_size(Generation generation);

/// What a header says beside its payload's length. Which fields there are depends on the generation.
struct Label {
  Generation generation = Generation::v0;
  std::string_view command{};  // v2: the command's name.
  std::uint16_t type = 0;      // v3: the command's number.
  std::uint16_t code = 0;      // v3: success of a report; data, never required.
  Seqno seqno{};               // v2, v3. A v0 frame has its number, and its command, inside the payload.
};

/// A whole frame, as views of the bytes that it was found in.
struct Frame : Label {
  std::string_view payload;
  std::size_t size = 0;  // Header and payload.
};

/// The frame is not all there yet.
struct Incomplete {
  std::size_t wanted = 0;  // Bytes, from the frame's first, without which there is nothing more to learn.
};

/// The bytes are no frame, and where the next one begins is unknown: the connection is at its end.
struct Broken {
  std::string why;  // For people: "bad signature 0x00112233 at byte 1034".
};

using Parsed = std::variant<Frame, Incomplete, Broken>;

/// Finds the frames in one connection's bytes, and the connection's generation in its first frame.
/// Thread rule: none. Owned by whoever holds the bytes; keeps none of them.
class FrameParser {
 public:
  /// `limit`: bytes of a whole frame. `forced`: only this generation is accepted.
  explicit FrameParser(std::size_t limit, std::optional<Generation> forced = std::nullopt);

  /// Looks at `bytes`, which begin where the last frame ended. After a Frame the caller drops its `size` bytes.
  Parsed next(std::string_view bytes);
  std::optional<Generation> generation() const { return generation_; }
  /// Where the next frame begins, counted from the connection's first byte.
  std::uint64_t offset() const { return offset_; }

 private:
  Parsed read_as(Generation generation, std::string_view bytes);
  bool possible(Generation generation, std::string_view bytes) const;
  Broken broken(std::string what) const;

  std::size_t limit_;
  std::optional<Generation> generation_;
  std::uint64_t offset_ = 0;
};

/// Puts the header in front of a frame whose payload is in place. `label.command` is cut at 31 characters.
void write_header(const Label& label, std::span<char> frame);

/// The checksum of a v0 frame: named after Adler, but with its own start and modulus (proto/README.md).
std::uint32_t checksum(std::string_view payload);

}  // namespace kismet::wire
