#include "httpd/listen_address.h"
#include "server/config_schema_parts.h"

namespace kismet::schema {

Setting web_listeners_setting() {
  Setting out = list(
      "httpd_listen", [](auto& c) -> auto& { return c.httpd.listen; }, web_listener(),
      "Where the web server listens, in place of httpd_bind_address and httpd_port: an address and port, "
      "[ADDRESS]:PORT "
      "for IPv6, or unix:/PATH, then what it speaks there, tls or plain (if not said, as httpd_ssl has it; on a unix "
      "socket plain). mode=0660 and group=NAME are the permissions of a unix socket's file.");
  out.example = "[::1]:2501,plain";
  out.assign = [type = web_listener()](Config& config, std::span<const ConfigEntry> entries, ValueContext& context,
                                       std::vector<ConfigProblem>& problems) {
    config.httpd.listen.clear();
    for (const ConfigEntry& entry : entries) {
      WebListener listener;
      if (!parse_entry(entry, type, listener, context, problems)) continue;
      listener.place = entry.place;
      config.httpd.listen.push_back(std::move(listener));
    }
  };
  return out;
}

void add_rights(std::vector<Setting>& out) {
  Section add(out, "Rights");
  add(scalar(
          "user", [](auto& c) -> auto& { return c.system.user; }, word_value(),
          "User, name or number, that the daemon becomes after it was started as root and has its addresses and its "
          "certificate; %h is that user's home then."))
      .example = "kismet";
  add(scalar(
          "group", [](auto& c) -> auto& { return c.system.group; }, word_value(),
          "Group that it becomes; the user's own if not given."))
      .example = "kismet";
  add(scalar(
      "sandbox", [](auto& c) -> auto& { return c.system.sandbox; },
      choice<SandboxMode>({{"off", SandboxMode::off}, {"on", SandboxMode::on}, {"require", SandboxMode::require}}),
      "Whether the kernel confines the daemon and its helpers to the files that they need (Landlock) and to harmless "
      "system calls (seccomp). Where the kernel cannot, on says so and goes on, and require does not start. "
      "docs/DEPLOY.md says what it costs helpers."));
  add(list(
          "sandbox_read", [](auto& c) -> auto& { return c.system.sandbox_read; }, path_value(),
          "A file or folder that the sandbox lets the daemon and its helpers read and run, beside what it knows."))
      .example = "/srv/maps";
  add(list(
          "sandbox_write", [](auto& c) -> auto& { return c.system.sandbox_write; }, path_value(),
          "One that they may write to as well."))
      .example = "/dev/ttyUSB0";
}

void add_announce(std::vector<Setting>& out) {
  Section add(out, "Announcement");
  add(scalar(
      "server_announce", [](auto& c) -> auto& { return c.system.announce.enabled; }, flag(),
      "Whether the daemon tells the network every five seconds, by a UDP broadcast, who and where it is."));
  add(scalar(
      "server_announce_address", [](auto& c) -> auto& { return c.system.announce.address; }, ipv4_address(),
      "0.0.0.0 tells all networks that the machine is in; an address of the machine, the network of that address; any "
      "other, that address alone."));
  add(scalar(
      "server_announce_port", [](auto& c) -> auto& { return c.system.announce.port; }, number<std::uint16_t>(1, 65535),
      "The port that it is sent to."));
}

}  // namespace kismet::schema
