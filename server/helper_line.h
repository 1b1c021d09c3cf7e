#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "external/helper_definition.h"
#include "server/config_expand.h"
#include "server/config_problem.h"

namespace kismet {

/// What may stand behind the program of a `helper=` line: for messages, documentation and the test of both.
struct HelperKey {
  std::string name;
  std::string type;
  std::string default_text;  // Empty: unset.
  std::string help;
  bool repeated = false;
};
const std::vector<HelperKey>& helper_keys();

/// Reads `PROGRAM[:key=value,key="value",...]`. In a quoted value, \" and "" are a quote and \\ a backslash.
/// The program's %-pairs are expanded. Every piece that is wrong adds to `errors`; the definition then holds what was
/// right. `defined_at` and the name (from name=, else the program's file name) are filled in, `search_path` is not.
HelperDefinition parse_helper_line(std::string_view line, const ConfigPlace& place, std::vector<std::string>& errors,
                                   const ExpandValues& values = {});

/// `text` split at blanks as a shell splits it: '...' literal, "..." with \" and \\, a backslash takes the next
/// character; nothing is expanded. Returns what is wrong, or an empty string.
std::string split_arguments(std::string_view text, std::vector<std::string>& out);

}  // namespace kismet
