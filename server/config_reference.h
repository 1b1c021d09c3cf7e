#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kismet {

/// The table of settings as text: what `kismet --print-settings` prints, and what conf/ and docs/CONFIGURATION.md hold.
/// A test compares them, so that neither says what the program does not do.

/// The sections, in the order of the documentation.
std::vector<std::string> setting_sections();
/// Each setting of `section` with its help, commented out, with its default.
std::string settings_as_conf(std::string_view section);
/// The same as a table in Markdown.
std::string settings_as_markdown(std::string_view section);
/// Keys of Kismet's that are taken and have no effect here, and why, as a table in Markdown.
std::string keys_without_effect_as_markdown();
/// What may stand in a `helper=` line.
std::string helper_keys_as_conf();
std::string helper_keys_as_markdown();

/// All of it, as one file of each kind.
std::string reference_as_conf();
std::string reference_as_markdown();

}  // namespace kismet
