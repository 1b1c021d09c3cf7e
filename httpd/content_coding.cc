#include "httpd/content_coding.h"

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>

#include "httpd/preconditions.h"

namespace kismet {

namespace {

constexpr int kGzipWindow = 15 + 16;  // The largest; 16 asks for gzip's wrapper.
constexpr int kMemoryLevel = 8;       // zlib's default.

std::string encode_gzip(unsigned level, std::string_view text) {
  z_stream stream{};
  if (::deflateInit2(&stream, static_cast<int>(level), Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    return {};
  }
  std::string coded(::deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(coded.data());
  stream.avail_out = static_cast<uInt>(coded.size());
  const bool whole = ::deflate(&stream, Z_FINISH) == Z_STREAM_END;
  coded.resize(whole ? stream.total_out : 0);
  ::deflateEnd(&stream);
  return coded;
}

std::string encode_brotli(unsigned level, std::string_view text) {
  std::size_t size = ::BrotliEncoderMaxCompressedSize(text.size());
  std::string coded(size, '\0');
  const BROTLI_BOOL whole = ::BrotliEncoderCompress(static_cast<int>(level), BROTLI_DEFAULT_WINDOW, BROTLI_MODE_TEXT,
                                                    text.size(), reinterpret_cast<const std::uint8_t*>(text.data()),
                                                    &size, reinterpret_cast<std::uint8_t*>(coded.data()));
  coded.resize(whole == BROTLI_TRUE ? size : 0);
  return coded;
}

std::string encode_zstd(unsigned level, std::string_view text) {
  std::string coded(::ZSTD_compressBound(text.size()), '\0');
  const std::size_t size =
      ::ZSTD_compress(coded.data(), coded.size(), text.data(), text.size(), static_cast<int>(level));
  coded.resize(::ZSTD_isError(size) != 0 ? 0 : size);
  return coded;
}

std::string all_values(const Headers& headers, std::string_view name) {
  std::string all;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (iequals(headers[i].name, name)) all.append(headers[i].value).append(",");
  }
  return all;
}

}  // namespace

std::string_view coding_name(ContentCoding coding) {
  switch (coding) {
    case ContentCoding::gzip:
      return "gzip";
    case ContentCoding::brotli:
      return "br";
    case ContentCoding::zstd:
      return "zstd";
    case ContentCoding::identity:
      break;
  }
  return {};
}

std::vector<ContentCoding> accepted_codings(const Headers& request) {
  constexpr std::array kQuickFirst{ContentCoding::zstd, ContentCoding::brotli, ContentCoding::gzip};
  const std::string accepts = all_values(request, "accept-encoding");
  if (accepts.empty()) return {};
  // What is not listed is no worse than any coding, so that only a client that says otherwise prefers it.
  const int as_it_is = lists_coding(accepts, "identity") ? coding_weight(accepts, "identity") : 0;
  std::array<std::pair<int, ContentCoding>, kQuickFirst.size()> weights;
  for (std::size_t i = 0; i < kQuickFirst.size(); ++i) {
    weights[i] = {coding_weight(accepts, coding_name(kQuickFirst[i])), kQuickFirst[i]};
  }
  std::stable_sort(weights.begin(), weights.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<ContentCoding> codings;
  for (const auto& [weight, coding] : weights) {
    if (weight > 0 && weight >= as_it_is) codings.push_back(coding);
  }
  return codings;
}

bool is_worth_coding(std::string_view content_type) {
  constexpr std::array<std::string_view, 9> kParts{"text/", "javascript", "json",     "xml", "svg",
                                                   "wasm",  "font/ttf",   "font/otf", "icon"};
  return std::any_of(kParts.begin(), kParts.end(), [content_type](std::string_view part) {
    return content_type.find(part) != std::string_view::npos;
  });
}

std::string encode(ContentCoding coding, unsigned level, std::string_view text) {
  level = std::clamp(level, 1U, 9U);
  switch (coding) {
    case ContentCoding::gzip:
      return encode_gzip(level, text);
    case ContentCoding::brotli:
      return encode_brotli(level, text);
    case ContentCoding::zstd:
      return encode_zstd(level, text);
    case ContentCoding::identity:
      break;
  }
  return std::string(text);
}

}  // namespace kismet
