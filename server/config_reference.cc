#include "server/config_reference.h"

#include <algorithm>

#include "server/config_schema.h"
#include "server/helper_line.h"

namespace kismet {
namespace {

constexpr std::size_t kWidth = 100;

bool has_effect(const Setting& setting) {
  return !setting.type.empty();
}

std::string described_type(const std::string& type, const std::string& unit, bool repeated) {
  std::string out = type;
  if (!unit.empty()) out += ", " + unit;
  if (repeated) out += "; may be repeated";
  return out;
}

/// `text` as comment lines, broken at blanks; all but the first are indented by `hanging`.
std::string comment(std::string_view text, std::size_t hanging = 0) {
  std::string out;
  std::string start = "# ";
  while (!text.empty()) {
    const std::size_t room = kWidth - start.size();
    const std::size_t end = text.size() > room ? std::min(text.rfind(' ', room), text.size()) : text.size();
    out += start;
    out += text.substr(0, end);
    out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
    start = "# " + std::string(hanging, ' ');
  }
  return out;
}

/// For a cell of a table: `|` would end it.
std::string cell(std::string text) {
  for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) text.insert(at, "\\");
  return text;
}

std::string code(const std::string& text) {
  return text.empty() ? std::string{} : '`' + cell(text) + '`';
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + text;
  return out;
}

}  // namespace

std::vector<std::string> setting_sections() {
  std::vector<std::string> out;
  for (const Setting& setting : all_settings()) {
    if (std::find(out.begin(), out.end(), setting.section) == out.end()) out.push_back(setting.section);
  }
  return out;
}

std::string settings_as_conf(std::string_view section) {
  std::string out = "# ---- " + std::string(section) + "\n";
  for (const Setting& setting : all_settings()) {
    if (setting.section != section || !has_effect(setting)) continue;
    out += '\n' + comment(setting.help + " (" + described_type(setting.type, setting.unit, setting.repeated) + ")");
    for (const std::string& value : setting.defaults) out += '#' + setting.key + '=' + value + '\n';
    if (setting.defaults.empty()) out += '#' + setting.key + '=' + setting.example + '\n';
  }
  return out;
}

std::string settings_as_markdown(std::string_view section) {
  std::string out =
      "### " + std::string(section) + "\n\n| key | value | default | meaning |\n| --- | --- | --- | --- |\n";
  for (const Setting& setting : all_settings()) {
    if (setting.section != section || !has_effect(setting)) continue;
    out += "| " + code(setting.key) + " | " + cell(described_type(setting.type, setting.unit, setting.repeated)) +
           " | " + code(joined(setting.defaults)) + " | " + cell(setting.help) + " |\n";
  }
  return out;
}

std::string keys_without_effect_as_markdown() {
  std::string out = "| key | why |\n| --- | --- |\n";
  for (const Setting& setting : all_settings()) {
    if (!has_effect(setting)) out += "| " + code(setting.key) + " | " + cell(setting.help) + " |\n";
  }
  return out;
}

std::string helper_keys_as_conf() {
  std::string out;
  for (const HelperKey& key : helper_keys()) {
    const std::string name = key.default_text.empty() ? key.name : key.name + '=' + key.default_text;
    out += comment(name + ": " + key.help + " (" + described_type(key.type, "", key.repeated) + ")", 4);
  }
  return out;
}

std::string helper_keys_as_markdown() {
  std::string out = "| key | value | default | meaning |\n| --- | --- | --- | --- |\n";
  for (const HelperKey& key : helper_keys()) {
    out += "| " + code(key.name) + " | " + cell(described_type(key.type, "", key.repeated)) + " | " +
           code(key.default_text) + " | " + cell(key.help) + " |\n";
  }
  return out;
}

std::string reference_as_conf() {
  std::string out;
  for (const std::string& section : setting_sections()) out += settings_as_conf(section) + '\n';
  return out + "# ---- Keys of a helper= line\n\n" + helper_keys_as_conf();
}

std::string reference_as_markdown() {
  std::string out;
  for (const std::string& section : setting_sections()) out += settings_as_markdown(section) + '\n';
  return out + "### Keys of a helper\n\n" + helper_keys_as_markdown() + "\n### Kismet's keys without effect here\n\n" +
         keys_without_effect_as_markdown();
}

}  // namespace kismet
