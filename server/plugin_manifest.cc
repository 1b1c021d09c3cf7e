#include "server/plugin_manifest.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "base/utf8.h"
#include "server/nearest.h"

namespace kismet {

namespace {

using Level = ConfigProblem::Level;

struct Value {
  std::string text;
  ConfigPlace place;
};

std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

bool is_known(const std::string& key, std::vector<std::string>& known) {
  known = {"name", "description", "author", "version", "object", "httpexternal", "kisexternal", "js"};
  return std::find(known.begin(), known.end(), key) != known.end();
}

/// The variable that a script becomes: it is written into a page's script.
bool is_identifier(std::string_view text) {
  const auto fits = [](unsigned char c) { return c < 0x80 && (std::isalnum(c) || c == '_' || c == '$'); };
  return !text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) == 0 &&
         std::all_of(text.begin(), text.end(), fits);
}

/// A path below some folder, of characters that need no quoting anywhere.
bool is_plain_path(std::string_view text) {
  const auto fits = [](unsigned char c) {
    return c < 0x80 &&
           (std::isalnum(c) || std::string_view("/._-").find(static_cast<char>(c)) != std::string_view::npos);
  };
  return !text.empty() && text.front() != '/' && text.find("..") == std::string_view::npos &&
         std::all_of(text.begin(), text.end(), fits);
}

/// One manifest on its way into a Plugin.
class Reading {
 public:
  Reading(const std::string& path, Plugin& plugin, std::vector<ConfigProblem>& problems)
      : path_(path), plugin_(plugin), problems_(problems) {}

  bool read(std::string_view text) {
    unsigned number = 0;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      take_line(trimmed(text.substr(0, end)), {path_, ++number});
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    take_texts();
    take_helper();
    take_script();
    refuse_object();
    return good_;
  }

 private:
  void take_line(std::string_view line, const ConfigPlace& place) {
    if (line.empty() || line.front() == '#') return;
    if (!is_valid_utf8(line)) return fault(place, "the line is not UTF-8");
    const std::size_t equals = line.find('=');
    const std::string key = lower(trimmed(line.substr(0, equals)));
    if (equals == std::string_view::npos || key.empty()) return fault(place, "a line is key=value, or begins with #");
    const std::string_view value = trimmed(line.substr(equals + 1));
    if (value.empty()) return fault(place, key + " has no value");
    std::vector<std::string> known;
    if (!is_known(key, known)) {
      const std::string meant = nearest(key, known);
      say(place, "unknown key " + in_quotes(key) + (meant.empty() ? "" : "; did you mean " + meant + "?"));
    } else if (!values_.try_emplace(key, Value{std::string(value), place}).second) {
      say(place, key + " is written twice; the first stands");
    }
  }

  void take_texts() {
    const auto take = [this](const std::string& key, std::string& into) {
      if (const Value* value = find(key)) {
        into = value->text;
      } else {
        fault({path_, 0}, key + " is missing");
      }
    };
    take("name", plugin_.name);
    take("description", plugin_.description);
    take("author", plugin_.author);
    take("version", plugin_.version);
  }

  void take_helper() {
    const Value* value = find("httpexternal");
    if (!value) value = find("kisexternal");
    if (!value) return;
    if (value->text.find('/') != std::string::npos) {
      return fault(value->place, "the helper " + in_quotes(value->text) + " must be a file name, without /");
    }
    plugin_.helper = value->text;
    plugin_.helper_place = value->place;
  }

  void take_script() {
    const Value* value = find("js");
    if (!value) return;
    const std::size_t comma = value->text.find(',');
    const std::string_view module = trimmed(std::string_view(value->text).substr(0, comma));
    const std::string_view script =
        comma == std::string::npos ? std::string_view() : trimmed(std::string_view(value->text).substr(comma + 1));
    if (!is_identifier(module) || !is_plain_path(script)) {
      return fault(value->place, "js is module,path: a name for JavaScript, and the script's path without a leading /");
    }
    plugin_.js_module = module;
    plugin_.js_path = script;
  }

  void refuse_object() {
    const Value* value = find("object");
    if (!value) return;
    say(value->place, "object: " + in_quotes(value->text) +
                          " is not loaded: this daemon runs plugins as programs of their own, and no shared objects");
  }

  const Value* find(const std::string& key) const {
    const auto found = values_.find(key);
    return found == values_.end() ? nullptr : &found->second;
  }
  void say(const ConfigPlace& place, std::string text) {
    problems_.push_back({Level::warning, place, "plugin " + plugin_.directory + ": " + std::move(text)});
  }
  void fault(const ConfigPlace& place, std::string text) {
    good_ = false;
    say(place, std::move(text) + "; the plugin is not loaded");
  }

  const std::string& path_;
  Plugin& plugin_;
  std::vector<ConfigProblem>& problems_;
  std::map<std::string, Value> values_;
  bool good_ = true;
};

}  // namespace

bool read_manifest(std::string_view text, const std::string& path, Plugin& plugin,
                   std::vector<ConfigProblem>& problems) {
  return Reading(path, plugin, problems).read(text);
}

}  // namespace kismet
