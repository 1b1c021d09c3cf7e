#include <algorithm>
#include <cctype>

#include "httpd/client_address.h"
#include "server/config_schema_parts.h"

namespace kismet::schema {
namespace {

using namespace std::chrono_literals;

ValueType<std::pair<std::string, std::string>> mime_type() {
  using Mime = std::pair<std::string, std::string>;
  return {"extension:type", "",
          [](const std::string& text, Mime& out, ValueContext&) -> std::string {
            const std::size_t colon = text.find(':');
            std::string extension = text.substr(0, colon);
            if (extension.starts_with('.')) extension.erase(0, 1);
            if (colon == std::string::npos || extension.empty() || text.find('/', colon) == std::string::npos) {
              return in_quotes(text) + " is not extension:type, as in woff2:font/woff2";
            }
            out = {std::move(extension), text.substr(colon + 1)};
            return {};
          },
          [](const Mime& value) { return value.first + ':' + value.second; }};
}

ValueType<std::string> proxy_network() {
  ValueType<std::string> type = text_value();
  type.name = "address, network or unix";
  type.parse = [](const std::string& text, std::string& out, ValueContext&) -> std::string {
    if (!TrustedProxies::valid(text)) {
      return in_quotes(text) + " is not an address, a network as in 10.0.0.0/8, or unix";
    }
    return out = text, "";
  };
  return type;
}

/// A path of URLs: begins with one slash and ends without one.
ValueType<std::string> uri_path() {
  ValueType<std::string> type = text_value();
  type.name = "path of a URL";
  type.parse = [](const std::string& text, std::string& out, ValueContext&) -> std::string {
    const bool plain = std::none_of(text.begin(), text.end(), [](unsigned char c) {
      return c <= 0x20 || c >= 0x7f || c == '?' || c == '#' || c == '"' || c == '<' || c == '>';
    });
    if (!plain || text.find("//") != std::string::npos) return in_quotes(text) + " is not the path of a URL";
    out = text.starts_with('/') ? text : '/' + text;
    while (out.ends_with('/')) out.pop_back();
    return {};
  };
  return type;
}

}  // namespace

void add_httpd(std::vector<Setting>& out) {
  Section add(out, "Web server");
  add(scalar(
      "httpd_bind_address", [](auto& c) -> auto& { return c.httpd.bind_address; }, ip_address(),
      "Address to listen on. 127.0.0.1 is this machine alone; 0.0.0.0 is every IPv4 address of it, :: every IPv6 "
      "address."));
  add(scalar(
      "httpd_port", [](auto& c) -> auto& { return c.httpd.port; }, number<std::uint16_t>(0, 65535),
      "Port to listen on; 0 takes a free one, which is printed."));
  add(scalar(
      "httpd_ssl", [](auto& c) -> auto& { return c.httpd.ssl; }, flag(),
      "Whether it speaks TLS (https) there, and where a line of httpd_listen does not say."));
  add(scalar(
          "httpd_ssl_cert", [](auto& c) -> auto& { return c.httpd.ssl_certificate; }, path_value(),
          "PEM file of the certificate, and of those that vouch for it."))
      .example = "%E/kismet.crt";
  add(scalar(
          "httpd_ssl_key", [](auto& c) -> auto& { return c.httpd.ssl_key; }, path_value(), "PEM file of its key."))
      .example = "%E/kismet.key";
  add(web_listeners_setting());
  add(scalar(
      "control_socket", [](auto& c) -> auto& { return c.httpd.control_socket; }, path_or_none(),
      "Unix socket over which `kismet ctl` speaks with the daemon; its user and root may do everything there, without "
      "a login, and nobody else may. There is none if it says none.",
      "%h/.kismet/control.sock"));
  add(scalar(
          "httpd_uri_prefix", [](auto& c) -> auto& { return c.httpd.settings.uri_prefix; }, uri_path(),
          "Taken off the front of a request's path where it is there, for a proxy that serves the daemon under a "
          "path of its own."))
      .example = "/kismet";
  add(scalar(
      "httpd_home", [](auto& c) -> auto& { return c.httpd.home; }, path_value(), "Folder of the web pages.",
      "%S/kismet/httpd/"));
  add(scalar(
      "httpd_user_home", [](auto& c) -> auto& { return c.httpd.user_home; }, path_value(),
      "Folder of the user's own web pages; a file in it goes before one of httpd_home.", "%h/.kismet/httpd/"));
  add(list(
          "httpd_mime", [](auto& c) -> auto& { return c.httpd.mime_types; }, mime_type(),
          "Content type of files with an extension, before the built-in ones."))
      .example = "glb:model/gltf-binary";
  add(scalar(
          "httpd_redirect_unknown", [](auto& c) -> auto& { return c.httpd.redirect_unknown; }, uri_path(),
          "A page of httpd_home that is served where there is nothing, in place of error 404."))
      .example = "/404.html";
  add(list(
          "httpd_trusted_proxy", [](auto& c) -> auto& { return c.httpd.settings.trusted_proxies; }, proxy_network(),
          "Address, or network as in 10.0.0.0/8, of a proxy whose X-Forwarded-For, -Proto, -Host and -Prefix are "
          "believed."))
      .example = "127.0.0.1";
  add(list(
          "httpd_allowed_host", [](auto& c) -> auto& { return c.httpd.settings.allowed_hosts; }, text_value(),
          "A name under which browsers may ask for a server that listens on loopback, beside localhost and this "
          "machine's name."))
      .example = "sensors.example";
  add(scalar(
      "httpd_allow_cors", [](auto& c) -> auto& { return c.httpd.settings.allow_cors; }, flag(),
      "Whether pages of other origins may read answers: those of httpd_allowed_origin with the user's login; "
      "if none is listed, all, without it."));
  add(list(
          "httpd_allowed_origin", [](auto& c) -> auto& { return c.httpd.settings.allowed_origins; }, text_value(),
          "An origin, as in https://sensors.example, for httpd_allow_cors."))
      .example = "https://sensors.example";
  add(scalar(
          "httpd_access_log", [](auto& c) -> auto& { return c.httpd.access_log.path; }, path_value(),
          "File that gets a line for each request, in the combined format and with its helper and times; opened anew "
          "on "
          "SIGHUP. None is written if not set."))
      .example = "/var/log/kismet/access.log";
  add(scalar(
      "httpd_server_timing", [](auto& c) -> auto& { return c.helpers.proxy.server_timing; }, flag(),
      "Whether helpers' answers say how long they took, in a header Server-Timing, which browsers' tools show."));
  add(scalar(
      "httpd_compress", [](auto& c) -> auto& { return c.httpd.settings.compression.on; }, flag(),
      "Whether answers are compressed for clients that ask for it."));
  add(scalar(
      "compat_stubs", [](auto& c) -> auto& { return c.httpd.compat_stubs; },
      choice<CompatStubs>({{"auto", CompatStubs::automatic}, {"on", CompatStubs::on}, {"off", CompatStubs::off}}),
      "Whether what Kismet's web pages and scripts ask for and this daemon has not (devices, channels, positions) gets "
      "empty answers in place of error 404; auto: if httpd_home or httpd_user_home has Kismet's web pages, or a plugin "
      "has a script for them."));
  add(scalar(
      "httpd_debug_echo", [](auto& c) -> auto& { return c.httpd.debug_echo; }, flag(),
      "Whether /debug/echo.ws is there, a websocket that sends back what it gets, for tests of clients."));
}

void add_httpd_limits(std::vector<Setting>& out) {
  Section add(out, "Limits of the web server");
  const auto milliseconds = [](std::chrono::milliseconds min) { return duration(TimeUnit::milliseconds, min); };
  const auto size = [](std::uint64_t min) { return bytes<std::size_t>(min); };
  const auto count = [](std::size_t min) { return number<std::size_t>(min, 10'000'000); };
  add(scalar(
      "httpd_target_limit", [](auto& c) -> auto& { return c.httpd.settings.target_limit; }, size(128),
      "Size of a request's target (path and query); more is answered 414."));
  add(scalar(
      "httpd_header_limit", [](auto& c) -> auto& { return c.httpd.settings.header_limit; }, size(kKiB),
      "Size of request line and headers; more is answered 431."));
  add(scalar(
      "httpd_header_count_limit", [](auto& c) -> auto& { return c.httpd.settings.header_count_limit; }, count(8),
      "Header fields of a request; more is answered 431."));
  add(scalar(
      "httpd_body_limit", [](auto& c) -> auto& { return c.httpd.settings.body_limit; }, size(0),
      "Size of a request's body; more is answered 413."));
  add(scalar(
      "httpd_header_timeout", [](auto& c) -> auto& { return c.httpd.settings.header_timeout; }, milliseconds(1ms),
      "For request line and headers to arrive, from the first byte or the start of the connection."));
  add(scalar(
      "httpd_body_timeout", [](auto& c) -> auto& { return c.httpd.settings.body_timeout; }, milliseconds(1ms),
      "For the body to arrive, beside what httpd_body_rate adds."));
  add(scalar(
      "httpd_body_rate", [](auto& c) -> auto& { return c.httpd.settings.body_rate; }, size(1),
      "Each so many bytes of a body that have arrived add a second to httpd_body_timeout."));
  add(scalar(
      "httpd_idle_timeout", [](auto& c) -> auto& { return c.httpd.settings.idle_timeout; }, milliseconds(1ms),
      "Between two requests of a connection."));
  add(scalar(
      "httpd_write_timeout", [](auto& c) -> auto& { return c.httpd.settings.write_timeout; }, milliseconds(1ms),
      "Without a client's taking one byte of an answer that waits for it."));
  add(scalar(
      "httpd_unsent_limit", [](auto& c) -> auto& { return c.httpd.settings.unsent_limit; }, size(0),
      "What the kernel keeps for one client that it has not sent yet; left to itself (0) it takes some 4M, which count "
      "in no other limit."));
  add(scalar(
      "httpd_linger_timeout", [](auto& c) -> auto& { return c.httpd.settings.linger_timeout; }, milliseconds(0ms),
      "For a client to read the last answer before its connection is closed."));
  add(scalar(
      "httpd_linger_limit", [](auto& c) -> auto& { return c.httpd.settings.linger_limit; }, size(0),
      "What is read and thrown away meanwhile."));
  add(scalar(
      "httpd_stop_grace", [](auto& c) -> auto& { return c.httpd.settings.stop_grace; }, milliseconds(0ms),
      "For requests in progress when the daemon stops."));
  add(scalar(
      "httpd_connections", [](auto& c) -> auto& { return c.httpd.settings.connections; }, count(1),
      "Connections at a time; more are answered 503."));
  add(scalar(
      "httpd_connections_per_address", [](auto& c) -> auto& { return c.httpd.settings.connections_per_address; },
      count(0), "Connections of one address at a time, trusted proxies excepted; 0 is no limit of its own."));
  add(scalar(
      "httpd_access_log_queue", [](auto& c) -> auto& { return c.httpd.access_log.queue; }, size(4 * kKiB),
      "Lines of the access log that may wait for the disk; more are lost, and counted."));
  add(scalar(
      "httpd_compress_level", [](auto& c) -> auto& { return c.httpd.settings.compression.level; },
      number<unsigned>(1, 9), "How hard answers are compressed: 1 is quick, 9 is small."));
  add(scalar(
      "httpd_compress_min", [](auto& c) -> auto& { return c.httpd.settings.compression.min_size; }, size(1),
      "Size of an answer below which it is not compressed."));
  add(scalar(
      "httpd_compress_limit", [](auto& c) -> auto& { return c.httpd.settings.compression.max_size; }, size(0),
      "Size of an answer above which it is not compressed: that takes time of the thread that serves others too."));
  add(scalar(
      "httpd_compress_kept", [](auto& c) -> auto& { return c.httpd.settings.compression.kept; }, size(0),
      "Compressed files of httpd_home that are kept in memory; 0 keeps none, and compresses those alone that leave in "
      "one piece."));
  add(scalar(
      "httpd_compress_file_limit", [](auto& c) -> auto& { return c.httpd.settings.compression.max_file; }, size(0),
      "Size of a file above which it is not compressed."));
  add(scalar(
      "httpd_requests_per_turn", [](auto& c) -> auto& { return c.httpd.settings.requests_per_turn; }, count(1),
      "Pipelined requests of one client before others have their turn."));
  add(scalar(
      "httpd_kept_buffer", [](auto& c) -> auto& { return c.httpd.settings.kept_buffer; }, size(0),
      "Size of a buffer that an idle connection may keep."));
  add(scalar(
      "httpd_accept_pause", [](auto& c) -> auto& { return c.httpd.settings.accept_pause; }, milliseconds(1ms),
      "Pause after a connection could not be accepted, all descriptors being in use."));
  add(scalar(
      "httpd_websocket_message_limit", [](auto& c) -> auto& { return c.httpd.settings.websocket_message_limit; },
      size(128), "Size of a websocket message from a client; more closes it with 1009."));
  add(scalar(
      "httpd_websocket_queue_limit", [](auto& c) -> auto& { return c.httpd.settings.websocket_queue_limit; },
      size(kKiB), "What may wait for a websocket's client to read it."));
  add(scalar(
      "httpd_websocket_ping", [](auto& c) -> auto& { return c.httpd.settings.websocket_ping; }, milliseconds(1ms),
      "Silence of a websocket after which it is pinged; as much again closes it."));
  add(scalar(
      "httpd_websocket_close", [](auto& c) -> auto& { return c.httpd.settings.websocket_close; }, milliseconds(1ms),
      "For the handshake that closes a websocket."));
}

}  // namespace kismet::schema
