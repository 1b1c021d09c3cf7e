#include "server/web_listener.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <utility>

#include "external/launch.h"
#include "server/config.h"

namespace kismet {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr unsigned kDefaultMode = 0660;

std::string read_port(const std::string& text, std::uint16_t& out) {
  ValueContext unused;
  const std::string wrong = number<std::uint16_t>(0, 65535).parse(text, out, unused);
  return wrong.empty() ? wrong : "the port " + wrong;
}

std::string read_address(const std::string& text, ListenAddress& out) {
  const std::size_t colon = text.rfind(':');
  std::string host = text.substr(0, colon);
  const bool brackets = host.starts_with('[') && host.ends_with(']');
  if (colon == std::string::npos || (text.starts_with('[') && text.ends_with(']'))) {
    return in_quotes(text) + " has no port: write ADDRESS:PORT, [ADDRESS]:PORT for IPv6, or unix:/PATH";
  }
  if (brackets) host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(host, error);
  if (error) {
    return in_quotes(host) +
           " is not an IPv4 or IPv6 address; every address of the machine is 0.0.0.0 for IPv4, [::] "
           "for IPv6";
  }
  if (address.is_v6() != brackets) {
    return in_quotes(text) + (brackets ? " has brackets, which are for IPv6" : " needs brackets, as in [::1]:2501");
  }
  out.address = address.to_string();
  return read_port(text.substr(colon + 1), out.port);
}

std::string read_path(const std::string& text, ListenAddress& out, ValueContext& context) {
  const std::string wrong = path_value().parse(text, out.unix_path, context);
  if (!wrong.empty()) return wrong;
  if (!out.unix_path.starts_with('/')) return in_quotes(out.unix_path) + " is not an absolute path";
  if (out.unix_path.ends_with('/')) return in_quotes(out.unix_path) + " is a folder, not a file";
  return {};
}

std::string read_mode(const std::string& text, ListenAddress& out) {
  unsigned mode = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, mode, 8);
  if (error != std::errc{} || rest != end || mode == 0 || mode > 0777) {
    return "mode: " + in_quotes(text) + " is not permissions in octal digits, as in 0660";
  }
  out.unix_mode = mode;
  return {};
}

std::string read_group(const std::string& text, ListenAddress& out) {
  std::vector<std::pair<std::string, std::string>> unused;
  const auto found = resolve_identity("", text, unused);
  if (!found) return "group: " + found.error().text;
  out.unix_group = found->group;
  return {};
}

std::string read_option(const std::string& text, WebListener& out) {
  const bool unix_socket = !out.address.unix_path.empty();
  const std::size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  const std::string value = equals == std::string::npos ? std::string() : text.substr(equals + 1);
  if (text == "tls" || text == "plain") {
    if (out.tls) return "tls and plain exclude each other, and stand once";
    out.tls = text == "tls";
    return {};
  }
  if (name != "mode" && name != "group") {
    return "unknown " + in_quotes(text) + "; known are tls, plain, and for a unix socket mode= and group=";
  }
  if (!unix_socket) return name + "= is for unix sockets";
  if (value.empty()) return name + "= has no value";
  return name == "mode" ? read_mode(value, out.address) : read_group(value, out.address);
}

/// Reads the first piece of a line, then its options.
std::string read_line(const std::string& text, WebListener& out, ValueContext& context) {
  std::size_t comma = text.find(',');
  const std::string where = text.substr(0, comma);
  std::string wrong = where.starts_with(kUnix) ? read_path(where.substr(kUnix.size()), out.address, context)
                                               : read_address(where, out.address);
  while (wrong.empty() && comma != std::string::npos) {
    const std::size_t next = text.find(',', comma + 1);
    wrong = read_option(text.substr(comma + 1, next == std::string::npos ? next : next - comma - 1), out);
    comma = next;
  }
  return wrong;
}

std::string octal(unsigned mode) {
  char digits[8];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, mode, 8);
  return '0' + std::string(digits, end);
}

}  // namespace

ValueType<WebListener> web_listener() {
  return {"ADDRESS:PORT or unix:/PATH, and options", "",
          [](const std::string& text, WebListener& out, ValueContext& context) {
            WebListener listener;
            std::string wrong = read_line(text, listener, context);
            if (wrong.empty()) out = std::move(listener);
            return wrong;
          },
          [](const WebListener& listener) {
            const ListenAddress& address = listener.address;
            std::string text = to_string(address);
            if (listener.tls) text += *listener.tls ? ",tls" : ",plain";
            if (!address.unix_path.empty() && address.unix_mode != kDefaultMode)
              text += ",mode=" + octal(address.unix_mode);
            if (address.unix_group) text += ",group=" + std::to_string(*address.unix_group);
            return text;
          }};
}

std::vector<WebListener> web_listeners(const HttpdConfig& config) {
  std::vector<WebListener> all = config.listen;
  if (all.empty()) {
    WebListener& only = all.emplace_back();
    only.address.address = config.bind_address;
    only.address.port = config.port;
  }
  for (WebListener& listener : all) {
    if (!listener.tls) listener.tls = config.ssl && listener.address.unix_path.empty();
  }
  return all;
}

std::string shown_url(const WebListener& listener) {
  const bool tls = listener.tls.value_or(false);
  if (!listener.address.unix_path.empty()) return to_string(listener.address) + (tls ? " (https)" : " (http)");
  return (tls ? "https://" : "http://") + to_string(listener.address) + '/';
}

bool is_local(const WebListener& listener) {
  boost::system::error_code error;
  return !listener.address.unix_path.empty() ||
         boost::asio::ip::make_address(listener.address.address, error).is_loopback();
}

}  // namespace kismet
