#include "server/check.h"

#include <algorithm>
#include <filesystem>

#include "external/launch.h"
#include "external/remote_helper.h"
#include "server/config_expand.h"
#include "server/config_schema.h"

namespace kismet {
namespace {

using Level = ConfigProblem::Level;

/// Lines under headings, in columns.
class Page {
 public:
  void heading(const std::string& text) { text_ += (text_.empty() ? "" : "\n") + text + '\n'; }
  void line(const std::string& left, const std::string& right = {}, const std::string& aside = {}) {
    text_ += "  " + left;
    if (!right.empty()) text_ += std::string(left.size() < kColumn ? kColumn - left.size() : 1, ' ') + right;
    if (!aside.empty()) text_ += "  (" + aside + ')';
    text_ += '\n';
  }
  std::string take() { return std::move(text_); }

 private:
  static constexpr std::size_t kColumn = 30;
  std::string text_;
};

void show_settings(const Config& config, const ConfigReport& report, Page& page) {
  page.heading("Settings that are not the default");
  const Config defaults = default_config(config.sources);
  std::size_t shown = 0;
  for (const Setting& setting : all_settings()) {
    const auto origin = report.origins.find(setting.key);
    if (origin == report.origins.end() || setting.key == "helper") continue;
    const std::vector<std::string> values = setting.show(config);
    if (values == setting.show(defaults)) continue;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const ConfigPlace& place = origin->second[std::min(i, origin->second.size() - 1)];
      page.line(setting.key, setting.secret ? "********" : values[i], to_string(place));
      ++shown;
    }
  }
  if (shown == 0) page.line("none");
}

void show_listeners(const Config& config, Page& page) {
  page.heading("Listening");
  for (const WebListener& listener : web_listeners(config.httpd)) page.line(shown_url(listener));
  if (config.remote.enabled) {
    page.line("helpers over TCP", config.remote.listen + ':' + std::to_string(config.remote.port));
  }
}

std::string shown_arguments(const HelperDefinition& helper) {
  std::string out;
  for (const std::string& arg : helper.args) {
    out += ' ';
    out += arg.empty() || arg.find_first_of(" \t\"'\\") != std::string::npos ? in_quotes(arg) : arg;
  }
  return out;
}

bool has_error(const HelperDefinition& helper, const ConfigReport& report) {
  return std::any_of(report.problems.begin(), report.problems.end(), [&helper](const ConfigProblem& problem) {
    return problem.level == Level::error && to_string(problem.place) == helper.defined_at;
  });
}

/// Returns how many of them cannot be started.
std::size_t show_helpers(const Config& config, const ConfigReport& report, Page& page) {
  page.heading("Helpers");
  std::size_t missing = 0;
  const std::vector<std::string> environment = current_environment();
  for (const HelperDefinition& helper : config.helpers.definitions) {
    if (has_error(helper, report)) {
      page.line(helper.name, "CANNOT RUN: its line has an error", helper.defined_at);
      ++missing;
      continue;
    }
    if (helper.transport != HelperTransport::pipe) {
      page.line(helper.name,
                "connects by itself over " + std::string(to_string(helper.transport)) + ", as " +
                    in_quotes(subsystem_of(helper)),
                helper.defined_at);
      continue;
    }
    const auto launch = make_launch(helper, environment, config.helpers.settings.env);
    if (launch) {
      page.line(helper.name, launch->path + shown_arguments(helper) + (helper.enabled ? "" : ", not started by itself"),
                helper.defined_at);
    } else {
      page.line(helper.name, "CANNOT RUN: " + launch.error().text, helper.defined_at);
      ++missing;
    }
  }
  if (config.helpers.definitions.empty()) page.line("none");
  return missing;
}

void show_logs(const Config& config, Page& page) {
  page.heading("Logs");
  ExpandValues values = expand_values(config);
  const auto exists = [](const std::string& path) {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored);
  };
  for (const std::string& type : config.logging.types) {
    if (!config.logging.enabled) continue;
    values.log_type = type;
    const auto path = expand_log_path(config.logging.path_template, values, exists);
    page.line(type, path ? *path : "no free number for " + config.logging.path_template);
  }
  if (!config.logging.enabled || config.logging.types.empty()) page.line("none");
}

}  // namespace

CheckResult check_config(const Config& config, const ConfigReport& report) {
  Page page;
  page.heading("Files read");
  for (const std::string& file : report.files) page.line(file);
  if (report.files.empty()) page.line("none");
  show_settings(config, report, page);
  show_listeners(config, page);
  const std::size_t missing = show_helpers(config, report, page);
  show_logs(config, page);
  page.heading("Problems");
  for (const ConfigProblem& problem : report.problems) {
    if (!problem.summary) page.line(to_string(problem));
  }
  if (report.problems.empty()) page.line("none");

  const bool good = !report.has_errors() && (missing == 0 || !config.sources.strict);
  std::string text = page.take();
  text += good ? "\nkismet would start" : "\nkismet would not start";
  text += missing == 0 ? ".\n" : "; " + std::to_string(missing) + " of its helpers cannot run.\n";
  return {std::move(text), good};
}

}  // namespace kismet
