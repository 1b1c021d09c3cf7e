// The reader of websocket frames: the same events however the bytes are cut, messages within their limit, text valid.
#include <fuzzer/FuzzedDataProvider.h>

#include <string>
#include <vector>

#include "base/utf8.h"
#include "fuzz/check.h"
#include "httpd/websocket_frames.h"

using namespace kismet;

namespace {

using Event = WebSocketFrameReader::Event;
constexpr std::size_t kLimit = 1000;

/// Unmasks as a client masks, so that the fuzzer's text is the payload: a mask of zeros is one that clients may choose.
std::string make_input(FuzzedDataProvider& data) {
  std::string input;
  for (int parts = data.ConsumeIntegralInRange(0, 8); parts > 0; --parts) {
    if (data.ConsumeProbability<float>() < 0.2F) {
      input += data.ConsumeRandomLengthString(40);
      continue;
    }
    const auto first = data.ConsumeIntegral<std::uint8_t>();
    const std::string payload = data.ConsumeRandomLengthString(kLimit + 50);
    std::string head = frame_head(static_cast<Opcode>(first & 15U), payload.size());
    head[0] = static_cast<char>(first & 0x8fU);
    head[1] = static_cast<char>(static_cast<unsigned char>(head[1]) | 0x80U);
    input += head + std::string(4, '\0') + payload;
  }
  return input;
}

std::vector<std::string> events(const std::string& input, std::size_t piece) {
  WebSocketFrameReader reader(kLimit);
  std::vector<std::string> found;
  for (std::size_t at = 0; at < input.size(); at += piece) {
    std::string_view left = std::string_view(input).substr(at, piece);
    for (;;) {
      const Event event = reader.next(left);
      if (event == Event::more) break;
      std::string text = std::to_string(static_cast<int>(event)) + ":";
      if (event == Event::message) {
        const bool is_text = reader.is_text();
        const std::string message = reader.take_message();
        FUZZ_CHECK(message.size() <= kLimit);
        FUZZ_CHECK(!is_text || is_valid_utf8(message));
        text += message;
      } else if (event == Event::broken || event == Event::close) {
        text += std::to_string(static_cast<unsigned>(reader.close_code()));
      } else {
        FUZZ_CHECK(reader.control_payload().size() <= 125);
        text += reader.control_payload();
      }
      found.push_back(std::move(text));
      if (event == Event::broken || event == Event::close) return found;
    }
    FUZZ_CHECK(left.empty());
  }
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  FuzzedDataProvider data(bytes, size);
  const std::size_t piece = data.ConsumeIntegralInRange<std::size_t>(1, 64);
  const std::string input = make_input(data);
  const std::vector<std::string> whole = events(input, input.size() + 1);
  FUZZ_CHECK(events(input, piece) == whole);
  FUZZ_CHECK(events(input, 1) == whole);
  return 0;
}
