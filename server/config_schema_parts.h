#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "server/config_schema.h"

/// What the tables of settings (config_schema_*.cc) are made of.
namespace kismet::schema {

void add_httpd(std::vector<Setting>& out);
void add_httpd_limits(std::vector<Setting>& out);
void add_logins(std::vector<Setting>& out);
void add_helpers(std::vector<Setting>& out);
void add_helper_limits(std::vector<Setting>& out);
void add_answers(std::vector<Setting>& out);
void add_buses(std::vector<Setting>& out);
void add_logging(std::vector<Setting>& out);
void add_system(std::vector<Setting>& out);
void add_rights(std::vector<Setting>& out);
void add_announce(std::vector<Setting>& out);

/// httpd_listen, whose lines keep their places.
Setting web_listeners_setting();

/// Parses one entry and turns what is wrong with it into a problem. False: `out` is as it was.
template <typename T>
bool parse_entry(const ConfigEntry& entry, const ValueType<T>& type, T& out, ValueContext& context,
                 std::vector<ConfigProblem>& problems) {
  context.warning.clear();
  const std::string wrong = type.parse(entry.value, out, context);
  if (!wrong.empty()) {
    problems.push_back({ConfigProblem::Level::error, entry.place, entry.key + ": " + wrong});
  } else if (!context.warning.empty()) {
    problems.push_back({ConfigProblem::Level::warning, entry.place, entry.key + ": " + context.warning});
  }
  return wrong.empty();
}

/// The place of a T in a Config, made of a generic lambda without captures.
template <typename T>
struct FieldOf {
  template <typename Access>
  FieldOf(Access access) : write(access), read(access) {}
  T& (*write)(Config&);
  const T& (*read)(const Config&);
};

/// What `setting` shows of a Config that nothing was read into.
std::vector<std::string> shown_default(const Setting& setting);

/// Says that of several lines for one value the first stands.
void warn_of_more(std::span<const ConfigEntry> entries, std::vector<ConfigProblem>& problems);

/// A key with one value. `access` returns a reference into a Config. `default_text` is for defaults that need
/// expansion; otherwise the default is that of the struct.
template <typename Access, typename T>
Setting scalar(std::string key, Access access, ValueType<T> type, std::string help, std::string default_text = {}) {
  const FieldOf<T> field(access);
  Setting out;
  out.key = std::move(key);
  out.type = type.name;
  out.unit = type.unit;
  out.help = std::move(help);
  out.show = [field, type](const Config& config) {
    std::vector<std::string> texts;
    std::string text = type.show(field.read(config));
    if (!text.empty()) texts.push_back(std::move(text));
    return texts;
  };
  out.where = [field](const Config& config) -> const void* { return &field.read(config); };
  out.defaults = shown_default(out);
  if (!default_text.empty()) out.defaults.assign(1, default_text);
  out.assign = [field, type, default_text](Config& config, std::span<const ConfigEntry> entries, ValueContext& context,
                                           std::vector<ConfigProblem>& problems) {
    if (entries.empty()) {
      if (!default_text.empty()) type.parse(default_text, field.write(config), context);
      return;
    }
    parse_entry(entries.front(), type, field.write(config), context, problems);
    warn_of_more(entries, problems);
  };
  return out;
}

/// A key that may be repeated; what is written replaces the default as a whole.
template <typename Access, typename T>
Setting list(std::string key, Access access, ValueType<T> type, std::string help,
             std::vector<std::string> default_texts = {}) {
  const FieldOf<std::vector<T>> field(access);
  Setting out;
  out.key = std::move(key);
  out.type = type.name;
  out.unit = type.unit;
  out.help = std::move(help);
  out.repeated = true;
  out.show = [field, type](const Config& config) {
    std::vector<std::string> texts;
    for (const T& value : field.read(config)) texts.push_back(type.show(value));
    return texts;
  };
  out.where = [field](const Config& config) -> const void* { return &field.read(config); };
  out.defaults = shown_default(out);
  if (!default_texts.empty()) out.defaults = default_texts;
  out.assign = [field, type, default_texts](Config& config, std::span<const ConfigEntry> entries, ValueContext& context,
                                            std::vector<ConfigProblem>& problems) {
    if (entries.empty()) {
      for (const std::string& text : default_texts) type.parse(text, field.write(config).emplace_back(), context);
      return;
    }
    field.write(config).clear();
    for (const ConfigEntry& entry : entries) {
      T value{};
      if (parse_entry(entry, type, value, context, problems)) field.write(config).push_back(std::move(value));
    }
  };
  return out;
}

/// A key of Kismet's that has no effect here: where it is written, a message says why.
Setting without_effect(std::string key, std::string why);

/// Adds settings to a section.
class Section {
 public:
  Section(std::vector<Setting>& out, std::string name) : out_(out), name_(std::move(name)) {}
  Setting& operator()(Setting setting) {
    setting.section = name_;
    return out_.emplace_back(std::move(setting));
  }

 private:
  std::vector<Setting>& out_;
  std::string name_;
};

}  // namespace kismet::schema
