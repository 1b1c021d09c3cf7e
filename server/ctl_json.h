#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace kismet {

/// Values of JSON from a daemon that may be another version than we are: what is missing, or is something else, is
/// nothing.

inline const nlohmann::json& json_at(const nlohmann::json& json, const char* key) {
  static const nlohmann::json nothing;
  if (!json.is_object()) return nothing;
  const auto found = json.find(key);
  return found == json.end() ? nothing : *found;
}

inline std::string text_at(const nlohmann::json& json, const char* key) {
  const nlohmann::json& value = json_at(json, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

inline double number_at(const nlohmann::json& json, const char* key) {
  const nlohmann::json& value = json_at(json, key);
  return value.is_number() ? value.get<double>() : 0;
}

inline std::string whole_at(const nlohmann::json& json, const char* key) {
  return std::to_string(static_cast<long long>(number_at(json, key)));
}

}  // namespace kismet
