#include "httpd/coded_answer.h"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "httpd/preconditions.h"

namespace kismet {

namespace {

bool varies_by_coding(const ResponseHead& head) {
  return std::any_of(head.headers.begin(), head.headers.end(), [](const auto& header) {
    return iequals(header.first, "vary") &&
           (lists_word(header.second, "accept-encoding") || lists_word(header.second, "*"));
  });
}

}  // namespace

bool may_be_coded(const ResponseHead& head) {
  if (head.status < 200 || head.status == 204 || head.status == 206 || head.status == 304) return false;
  if (!is_worth_coding(head.content_type)) return false;
  return std::none_of(head.headers.begin(), head.headers.end(), [](const auto& header) {
    const auto& [name, value] = header;
    if (iequals(name, "content-encoding") || iequals(name, "content-range")) return true;
    return iequals(name, "cache-control") && (lists_word(value, "no-transform") || lists_word(value, "no-store"));
  });
}

CodingChoice choose_coding(const ResponseHead& head, std::size_t size, const Headers& asked,
                           const CompressionSettings& settings) {
  CodingChoice choice;
  if (!settings.on || size < settings.min_size || size > settings.max_size || !may_be_coded(head)) return choice;
  choice.say_vary = !varies_by_coding(head);
  const std::vector<ContentCoding> codings = accepted_codings(asked);
  if (!codings.empty()) choice.coding = codings.front();
  return choice;
}

std::unique_ptr<CodedAnswer> code_answer(const ResponseHead& head, std::string_view body, ContentCoding coding,
                                         unsigned level) {
  auto answer = std::make_unique<CodedAnswer>(CodedAnswer{head, encode(coding, level, body)});
  if (answer->body.empty() || answer->body.size() >= body.size()) {
    answer->body = body;
    return answer;
  }
  answer->head.headers.emplace_back("Content-Encoding", coding_name(coding));
  for (auto& [name, value] : answer->head.headers) {
    if (iequals(name, "etag") && value.starts_with('"')) value.insert(0, "W/");
  }
  return answer;
}

std::unique_ptr<CodedAnswer> code_answer(const ResponseHead& head, ChainedBuffer& body, ContentCoding coding,
                                         unsigned level) {
  std::string whole;
  whole.reserve(body.size());
  while (!body.empty()) {
    std::array<net::const_buffer, 16> pieces;
    const std::size_t count = body.front(pieces);
    std::size_t taken = 0;
    for (const net::const_buffer& piece : std::span(pieces).first(count)) {
      whole.append(static_cast<const char*>(piece.data()), piece.size());
      taken += piece.size();
    }
    body.consume(taken);
  }
  return code_answer(head, whole, coding, level);
}

}  // namespace kismet
