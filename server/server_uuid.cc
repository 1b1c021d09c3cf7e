#include "server/server_uuid.h"

#include <sodium.h>

#include <array>
#include <cstdint>
#include <filesystem>

#include "base/atomic_file.h"
#include "server/config_file.h"
#include "server/config_value.h"

namespace kismet {
namespace {

constexpr mode_t kPrivate = 0600;

/// Version 4, random.
std::string make_uuid() {
  std::array<std::uint8_t, 16> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += kDigits[bytes[i] >> 4];
    out += kDigits[bytes[i] & 0x0f];
  }
  return out;
}

/// The first UUID that the file gives its key; empty if it has none.
std::string find_uuid(const std::string& path) {
  ConfigFileReader reader({});
  reader.read(path);
  ValueContext context;
  std::string uuid;
  for (const ConfigEntry& entry : reader.entries()) {
    if (entry.key == "server_uuid" && uuid_value().parse(entry.value, uuid, context).empty()) return uuid;
  }
  return {};
}

}  // namespace

ServerUuid kept_server_uuid(const std::string& config_dir) {
  const std::string path = (std::filesystem::path(config_dir) / "kismet_server_id.conf").string();
  ServerUuid out{find_uuid(path), {}};
  if (!out.uuid.empty()) return out;
  const auto lock = FileLock::acquire(path);
  if (lock) out.uuid = find_uuid(path);  // Of another daemon that has just started.
  if (!out.uuid.empty()) return out;
  out.uuid = make_uuid();
  if (!lock) {
    out.warning = "the server's UUID cannot be kept in " + path + ".lock: " + lock.error().message();
    return out;
  }
  const std::string text = "# The identity of this daemon. Written by kismet.\nserver_uuid=" + out.uuid + '\n';
  if (const auto error = replace_file(path, text, kPrivate)) {
    out.warning = "the server's UUID cannot be kept in " + path + ": " + error.message();
  }
  return out;
}

}  // namespace kismet
