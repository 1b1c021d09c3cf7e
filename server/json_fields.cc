#include "server/json_fields.h"

#include <string_view>

namespace kismet {

namespace {

using Json = nlohmann::json;

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> names;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    if (slash != 0) names.emplace_back(path.substr(0, slash));
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return names;
}

/// What stands at the end of the path; within an array, what each element has there.
Json descend(const Json& value, const std::vector<std::string>& path, std::size_t depth) {
  if (depth == path.size()) return value;
  if (value.is_array()) {
    Json found = Json::array();
    for (const Json& element : value) found.push_back(descend(element, path, depth));
    return found;
  }
  if (!value.is_object()) return 0;
  const auto next = value.find(path[depth]);
  return next == value.end() ? Json(0) : descend(*next, path, depth + 1);
}

}  // namespace

bool JsonFields::parse_one(const Json& entry, Field& field) {
  if (entry.is_string()) {
    field.path = split_path(entry.get_ref<const std::string&>());
    if (!field.path.empty()) field.name = field.path.back();
  } else if (entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_string()) {
    field.path = split_path(entry[0].get_ref<const std::string&>());
    field.name = entry[1];
  }
  return !field.path.empty() && field.path.size() <= kMaxDepth;
}

JsonFields JsonFields::parse(const Json& fields, std::string& fault) {
  JsonFields parsed;
  if (fields.is_null()) return parsed;
  if (!fields.is_array() || fields.size() > kMaxFields) {
    fault = "fields must be an array of at most " + std::to_string(kMaxFields) + " entries";
    return parsed;
  }
  for (const Json& entry : fields) {
    Field field;
    if (!parse_one(entry, field)) {
      fault = "each of fields must be \"path/of/names\" or [\"path/of/names\", \"name\"], at most " +
              std::to_string(kMaxDepth) + " names deep";
      return parsed;
    }
    parsed.fields_.push_back(std::move(field));
  }
  return parsed;
}

Json JsonFields::pick(const Json& object) const {
  Json picked = Json::object();
  for (const Field& field : fields_) picked[field.name] = descend(object, field.path, 0);
  return picked;
}

Json JsonFields::apply(const Json& value) const {
  if (wants_all()) return value;
  if (value.is_object()) return pick(value);
  if (!value.is_array()) return value;
  Json all = Json::array();
  for (const Json& element : value) all.push_back(element.is_object() ? pick(element) : element);
  return all;
}

}  // namespace kismet
