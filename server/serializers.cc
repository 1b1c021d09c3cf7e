#include "server/serializers.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace kismet {

namespace {

using Json = nlohmann::json;

std::string dump(const Json& value, int indent = -1) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

Json without_dots(const Json& value) {
  if (value.is_array()) {
    Json array = Json::array();
    for (const Json& element : value) array.push_back(without_dots(element));
    return array;
  }
  if (!value.is_object()) return value;
  Json object = Json::object();
  for (const auto& [name, element] : value.items()) {
    std::string renamed = name;
    std::replace(renamed.begin(), renamed.end(), '.', '_');
    object[renamed] = without_dots(element);
  }
  return object;
}

std::string lines(const Json& value) {
  if (!value.is_array()) return dump(value) + '\n';
  std::string all;
  for (const Json& element : value) all += dump(element) + '\n';
  return all;
}

}  // namespace

std::optional<Serializer> serializer_for(std::string_view extension) {
  if (extension == "json" || extension == "cmd" || extension == "jcmd") return Serializer::json;
  if (extension == "prettyjson") return Serializer::prettyjson;
  if (extension == "itjson") return Serializer::itjson;
  if (extension == "ekjson") return Serializer::ekjson;
  if (extension == "tjson") return Serializer::tjson;
  return std::nullopt;
}

std::string serialize(const Json& value, Serializer serializer) {
  switch (serializer) {
    case Serializer::prettyjson:
      return dump(value, 2) + '\n';
    case Serializer::itjson:
      return lines(value);
    case Serializer::ekjson:
      return lines(without_dots(value));
    case Serializer::tjson:
      return dump(without_dots(value));
    case Serializer::json:
      break;
  }
  return dump(value);
}

std::string json_line(const Json& value) {
  return dump(value);
}

}  // namespace kismet
