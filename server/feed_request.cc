#include "server/feed_request.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "httpd/percent.h"
#include "server/event_publishing.h"
#include "server/json_request.h"

namespace kismet {

namespace {

using Json = nlohmann::json;

bool is_topic(std::string_view topic) {
  return !topic.empty() && topic.size() <= FeedLimits::kTopic;
}

/// A whole number: after that event; a negative one: the last so many; an event's id: after that one.
std::string read_since(const Json& since, std::uint64_t epoch, FeedWish& wish) {
  static constexpr std::int64_t kMost = 1'000'000'000;
  if (since.is_number_integer() && since.is_number_unsigned()) {
    wish.replay_after = since.get<std::uint64_t>();
  } else if (since.is_number_integer()) {
    wish.replay_last = static_cast<std::size_t>(std::min(kMost, -std::max(-kMost, since.get<std::int64_t>())));
  } else if (since.is_string()) {
    wish.replay_after = seq_of_event_id(since.get_ref<const std::string&>(), epoch);
    if (!wish.replay_after) return "since is no event's id";
  } else if (!since.is_null()) {
    return "since must be a sequence number, minus a number of events, or an event's id";
  }
  return {};
}

std::string read_rate(const Json& rate, FeedWish& wish) {
  if (rate.is_null()) return {};
  if (!rate.is_number() || !(rate.get<double>() > 0)) return "max_rate must be a number of events a second above 0";
  wish.max_rate = rate.get<double>();
  return {};
}

std::string read_flag(const Json& flag, const char* name, bool& into) {
  if (flag.is_null()) return {};
  if (!flag.is_boolean()) return std::string(name) + " must be true or false";
  into = flag.get<bool>();
  return {};
}

std::string read_format(const Json& format, FeedWish& wish) {
  if (format.is_null()) return {};
  const auto known = format.is_string() ? serializer_for(format.get_ref<const std::string&>()) : std::nullopt;
  if (!known) return "format must be json, prettyjson, itjson, ekjson or tjson";
  wish.form.serializer = *known;
  return {};
}

Json member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? Json() : *found;
}

std::string read_wish(const Json& object, std::uint64_t epoch, FeedWish& wish) {
  std::string fault;
  wish.form.fields = JsonFields::parse(member(object, "fields"), fault);
  if (fault.empty()) fault = read_format(member(object, "format"), wish);
  if (fault.empty()) fault = read_flag(member(object, "envelope"), "envelope", wish.form.envelope);
  if (fault.empty()) fault = read_flag(member(object, "parsed"), "parsed", wish.form.parsed);
  if (fault.empty()) fault = read_since(member(object, "since"), epoch, wish);
  if (fault.empty()) fault = read_rate(member(object, "max_rate"), wish);
  return fault;
}

void split_into(Json& list, std::string_view text) {
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    if (comma != 0) list.push_back(std::string(text.substr(0, comma)));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
}

/// A query's text as the JSON that it stands for: 7, true, or else itself.
Json value_of(const std::string& text) {
  if (text == "true" || text == "1" || text.empty()) return true;
  if (text == "false" || text == "0") return false;
  return text;
}

Json number_of(const std::string& text) {
  const Json parsed = Json::parse(text, nullptr, false);
  return parsed.is_number() ? parsed : Json(text);
}

}  // namespace

FeedRequest parse_feed_request(std::string_view text, std::uint64_t epoch) {
  FeedRequest request;
  const std::optional<Json> object = parse_json(text);
  if (!object || !object->is_object()) {
    request.fault = "a request is one JSON object";
    return request;
  }
  const Json subscribe = member(*object, "SUBSCRIBE");
  const Json unsubscribe = member(*object, "UNSUBSCRIBE");
  if (subscribe.is_null() && unsubscribe.is_null()) request.fault = "a request has SUBSCRIBE or UNSUBSCRIBE";
  for (const Json* topic : {&subscribe, &unsubscribe}) {
    if (topic->is_null()) continue;
    if (!topic->is_string() || !is_topic(topic->get_ref<const std::string&>())) {
      request.fault = "a topic is a text of 1 to 256 bytes";
    }
  }
  if (!request.fault.empty()) return request;
  if (unsubscribe.is_string()) request.unsubscribe = unsubscribe.get<std::string>();
  if (subscribe.is_string()) {
    request.subscribe.emplace();
    request.subscribe->topics = {subscribe.get<std::string>()};
    request.fault = read_wish(*object, epoch, *request.subscribe);
  }
  return request;
}

FeedWish parse_feed_query(const Request& request, std::uint64_t epoch, std::string& fault) {
  Json topics = Json::array();
  Json object = Json::object();
  for_each_field(request.query, [&](std::string_view name, std::string_view value) {
    const std::string text = percent_decode(value, Plus::space);
    if (name == "topic") split_into(topics, text);
    if (name == "fields") split_into(object["fields"], text);
    if (name == "format") object["format"] = text;
    if (name == "envelope" || name == "parsed") object[std::string(name)] = value_of(text);
    if (name == "since" || name == "max_rate") object[std::string(name)] = number_of(text);
  });
  if (const std::string_view last = request.headers.get("last-event-id"); !last.empty()) {
    // A reader that reconnects must not be turned away for good by an id that is not ours.
    if (seq_of_event_id(last, epoch)) object["since"] = last;
  }
  FeedWish wish;
  fault = read_wish(object, epoch, wish);
  for (const Json& topic : topics) wish.topics.push_back(topic.get<std::string>());
  if (wish.topics.empty()) wish.topics = {"*"};
  const bool good = std::all_of(wish.topics.begin(), wish.topics.end(), [](const auto& t) { return is_topic(t); });
  if (!good || wish.topics.size() > FeedLimits::kTopics)
    fault = "topics are texts of 1 to 256 bytes, at most 64 of them";
  return wish;
}

}  // namespace kismet
