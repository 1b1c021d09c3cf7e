#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace kismet {

/// How an answer is written; the extension of its path says which (HTTP_API.md B1).
enum class Serializer : unsigned char {
  json,        // One line.
  prettyjson,  // Indented, for people.
  itjson,      // Of an array, one element a line.
  ekjson,      // The same, with '_' in place of '.' in names, as Elasticsearch wants it.
  tjson,       // One line, with '_' in place of '.' in names.
};

/// The serializer for an extension; nothing for others, which are 404. "cmd" and "jcmd", of commands, are json.
std::optional<Serializer> serializer_for(std::string_view extension);

/// `value` as text. Text in it that is no valid UTF-8 is repaired, and json is one line without a line break at its
/// end.
std::string serialize(const nlohmann::json& value, Serializer serializer);

/// The same as `serialize(value, Serializer::json)`.
std::string json_line(const nlohmann::json& value);

}  // namespace kismet
