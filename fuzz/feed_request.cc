// What clients of the event feeds and of the JSON pages send: feed requests, queries and resume ids, JSON with
// `fields`, points in time; and each serializer writes valid JSON of whatever it is given.
#include "server/feed_request.h"

#include <fuzzer/FuzzedDataProvider.h>

#include <string>

#include "base/utf8.h"
#include "fuzz/check.h"
#include "server/json_fields.h"
#include "server/json_request.h"
#include "server/serializers.h"

using namespace kismet;

namespace {

void check_wish(const FeedWish& wish) {
  FUZZ_CHECK(wish.topics.size() <= FeedLimits::kTopics);
  for (const std::string& topic : wish.topics) FUZZ_CHECK(topic.size() <= FeedLimits::kTopic);
  FUZZ_CHECK(wish.max_rate >= 0);
}

void check_json(const std::string& text) {
  const std::optional<nlohmann::json> json = parse_json(text);
  if (!json) return;
  std::string fault;
  const JsonFields fields = JsonFields::parse(*json, fault);
  const nlohmann::json picked = fault.empty() ? fields.apply(*json) : *json;
  for (const Serializer serializer : {Serializer::json, Serializer::prettyjson, Serializer::tjson}) {
    const std::string written = serialize(picked, serializer);
    FUZZ_CHECK(is_valid_utf8(written));
    FUZZ_CHECK(nlohmann::json::accept(written));
  }
  for (const Serializer serializer : {Serializer::itjson, Serializer::ekjson}) serialize(picked, serializer);
  FUZZ_CHECK(json_line(picked).find('\n') == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  FuzzedDataProvider data(bytes, size);
  const auto epoch = data.ConsumeIntegral<std::uint64_t>();
  Request request;
  request.headers.add("Last-Event-ID", data.ConsumeRandomLengthString(100));
  request.query = data.ConsumeRandomLengthString(300);
  std::string fault;
  const FeedWish wish = parse_feed_query(request, epoch, fault);
  if (fault.empty()) check_wish(wish);

  parse_timestamp(data.ConsumeRandomLengthString(40), WallTime(std::chrono::seconds(1'700'000'000)));

  const std::string text = data.ConsumeRemainingBytesAsString();
  const FeedRequest asked = parse_feed_request(text, epoch);
  if (asked.fault.empty() && asked.subscribe) check_wish(*asked.subscribe);
  FUZZ_CHECK(!asked.fault.empty() || asked.subscribe || asked.unsubscribe);
  check_json(text);
  return 0;
}
