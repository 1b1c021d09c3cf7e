#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace kismet {

/// The `fields` of a request: which fields of an answer the client wants, and under which names, so that it need not be
/// sent the rest. A field is a name or a path of names with '/' between; what is not there is 0 (HTTP_API.md B2).
/// A value: copy it freely.
class JsonFields {
 public:
  /// Bounds on what a client may ask for.
  static constexpr std::size_t kMaxFields = 256;
  static constexpr std::size_t kMaxDepth = 32;

  /// Wants everything.
  JsonFields() = default;
  /// Of an array of strings and [path, name] pairs; null wants everything. A fault is told for people, in `fault`.
  static JsonFields parse(const nlohmann::json& fields, std::string& fault);

  bool wants_all() const { return fields_.empty(); }
  /// `value` with only the wanted fields; of an array, each of its objects. Other values stay as they are.
  nlohmann::json apply(const nlohmann::json& value) const;

 private:
  struct Field {
    std::vector<std::string> path;
    std::string name;
  };
  static bool parse_one(const nlohmann::json& entry, Field& field);
  nlohmann::json pick(const nlohmann::json& object) const;

  std::vector<Field> fields_;
};

}  // namespace kismet
