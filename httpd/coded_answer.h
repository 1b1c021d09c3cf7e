#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/chained_buffer.h"
#include "httpd/content_coding.h"
#include "httpd/response_writer.h"
#include "httpd/settings.h"

namespace kismet {

/// An answer in a coding that its client asked for.
struct CodedAnswer {
  ResponseHead head;
  std::string body;
};

/// Whether an answer with `head` may be compressed at all: its type is worth it, and it is neither coded already nor a
/// part, and nobody has said that it must stay as it is (Cache-Control: no-transform) or that it holds secrets
/// (no-store), which compression beside text of a client's would give away letter by letter (BREACH).
bool may_be_coded(const ResponseHead& head);

/// What becomes of an answer of `size` bytes to a request with those headers.
struct CodingChoice {
  ContentCoding coding = ContentCoding::identity;
  bool say_vary = false;  // Caches are to be told that another client may get another coding.
};
CodingChoice choose_coding(const ResponseHead& head, std::size_t size, const Headers& asked,
                           const CompressionSettings& settings);

/// The answer in that coding: with Content-Encoding, and a strong ETag made a weak one, since the bytes are others. One
/// that would be no smaller stays as it is.
std::unique_ptr<CodedAnswer> code_answer(const ResponseHead& head, std::string_view body, ContentCoding coding,
                                         unsigned level);
/// The same; consumes `body`.
std::unique_ptr<CodedAnswer> code_answer(const ResponseHead& head, ChainedBuffer& body, ContentCoding coding,
                                         unsigned level);

}  // namespace kismet
