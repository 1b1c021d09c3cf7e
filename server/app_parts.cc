#include "server/app_parts.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/make_folder.h"
#include "base/utf8.h"
#include "server/build_info.h"
#include "server/log_files.h"

namespace kismet {

namespace {

constexpr const char* kLogType = "kismet";

ExpandValues log_values(const Config& config) {
  ExpandValues values = expand_values(config);
  values.log_type = kLogType;
  return values;
}

bool file_exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
}

}  // namespace

ConsoleSettings console_settings(const SystemConfig& config) {
  ConsoleSettings settings;
  settings.show_debug = config.console == ConsoleMode::debug;
  return settings;
}

MimeTypes mime_types(const HttpdConfig& config) {
  MimeTypes types;
  for (const auto& [extension, type] : config.mime_types) types.set(extension, type);
  return types;
}

StaticSettings static_settings(const HttpdConfig& config) {
  StaticSettings settings;
  settings.compression = config.settings.compression;
  for (const std::string& folder : {config.user_home, config.home}) {
    if (!folder.empty()) settings.roots.push_back({"/", folder});
  }
  settings.unknown = config.redirect_unknown;
  return settings;
}

bool has_front_page(const StaticSettings& settings) {
  return std::any_of(settings.roots.begin(), settings.roots.end(), [](const StaticRoot& root) {
    return root.prefix == "/" && file_exists(root.folder + "/index.html");
  });
}

bool compat_stubs_wanted(const HttpdConfig& config, const std::vector<UiModule>& modules) {
  constexpr const char* kKismetPages = "/js/kismet.ui.js";
  if (config.compat_stubs != CompatStubs::automatic) return config.compat_stubs == CompatStubs::on;
  return !modules.empty() || file_exists(config.home + kKismetPages) || file_exists(config.user_home + kKismetPages);
}

SystemInfo system_info(const SystemConfig& config) {
  SystemInfo info;
  info.server_name = config.server_name;
  info.server_description = config.server_description;
  info.server_location = config.server_location;
  info.server_uuid = config.server_uuid;
  info.version = build_info().version;
  info.user = process_user();
  return info;
}

Message request_message(const Request& request, const RequestRecord& record, WallTime now) {
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(record.time).count();
  Message message;
  message.severity = Severity::debug;
  message.source = record.owner.empty() ? "httpd" : std::string(record.owner);
  message.time = now;
  // The path alone: a query may hold credentials.
  message.text = to_valid_utf8(request.client_address + " " + request.method + " " + request.path + " " +
                               std::to_string(record.status) + ", " + std::to_string(record.body_bytes) + " bytes in " +
                               std::to_string(microseconds) + " us" + (record.complete ? "" : ", cut off"));
  return message;
}

bool log_wanted(const LoggingConfig& config) {
  return config.enabled && std::find(config.types.begin(), config.types.end(), kLogType) != config.types.end();
}

LogWriter log_writer(const Config& config) {
  auto new_path = [path_template = config.logging.path_template, values = log_values(config)] {
    return expand_log_path(path_template, values, file_exists);
  };
  return {std::move(new_path), std::string(build_info().version)};
}

std::string log_folder(const Config& config) {
  const auto exists = [](const std::string&) { return false; };
  return folder_of(expand_log_path(config.logging.path_template, log_values(config), exists).value_or(""));
}

std::vector<std::string> existing_logs(const Config& config) {
  return find_logs(config.logging.path_template, log_values(config));
}

}  // namespace kismet
