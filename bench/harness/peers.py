"""The peers: lighttpd and nginx as Debian ships them, in front of the same FastCGI responder. Each is set up as its own
documentation advises for speed, with one I/O process, as the daemon has one I/O thread."""
from __future__ import annotations

import dataclasses
import os
import pathlib
import shutil

from .load import Address
from .meter import children
from .process import free_port
from .target import Target
from .tls import Certificate

LIGHTTPD = """
server.bind = "127.0.0.1"
server.port = {port}
server.document-root = "{static}"
server.modules = ("mod_fastcgi", "mod_staticfile")
server.upload-dirs = ("{folder}")
server.errorlog = "{folder}/error.log"
server.max-keep-alive-requests = 1000000000
server.max-connections = 4096
server.max-fds = 16384
server.stream-response-body = {stream}
index-file.names = ("index.html")
mimetype.assign = ("" => "text/plain")
fastcgi.server = ("/bench/" => ({backends}))
"""

NGINX = """
daemon off;
{user}
worker_processes 1;
worker_rlimit_nofile 16384;
pid {folder}/nginx.pid;
error_log {folder}/error.log crit;
events {{ worker_connections 8192; }}
http {{
  access_log off;
  default_type text/plain;
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  open_file_cache max=100;
  keepalive_requests 1000000000;
  client_body_temp_path {folder}/temp-client;
  fastcgi_temp_path {folder}/temp-fastcgi;
  proxy_temp_path {folder}/temp-proxy;
  scgi_temp_path {folder}/temp-scgi;
  uwsgi_temp_path {folder}/temp-uwsgi;
  upstream responder {{
    server unix:{socket};
    keepalive 1024;
    keepalive_requests 1000000000;
  }}
  server {{
    listen 127.0.0.1:{port} {tls} backlog=4096;
    {certificate}
    root {static};
    location /bench/ {{
      fastcgi_pass responder;
      fastcgi_keep_conn on;
      fastcgi_param SCRIPT_NAME $uri;
      fastcgi_param REQUEST_METHOD $request_method;
    }}
  }}
}}
"""


def find_server(name: str, unpacked: pathlib.Path) -> pathlib.Path:
    """The installed program, or the one that scripts/bench has unpacked."""
    installed = shutil.which(name) or shutil.which(f"/usr/sbin/{name}")
    return pathlib.Path(installed) if installed else unpacked / "usr/sbin" / name


class Peer(Target):
    """A server with `responders` processes behind it."""

    def __init__(self, *arguments, server: pathlib.Path, static: pathlib.Path, responders: int = 1):
        super().__init__(*arguments)
        self.program = server
        self.static = static
        self.responders = responders
        self._server = None

    def start_responders(self) -> list[pathlib.Path]:
        sockets = [self.folder / f"{i}.socket" for i in range(self.responders)]
        for path in sockets:
            self.run([self.programs / "fcgi_responder", path], path.stem).wait_for_text(b"listening on")
        return sockets


class Lighttpd(Peer):
    """`stream`: hands an answer on while it comes, which is faster for large ones; otherwise it is held until it is
    whole, which is faster for small ones. Each case measures the better."""

    def __init__(self, *arguments, stream: bool = False, **options):
        super().__init__(*arguments, **options)
        self.stream = stream

    def start(self) -> None:
        backends = ", ".join(f'("socket" => "{path}", "check-local" => "disable")' for path in self.start_responders())
        self.port = free_port()
        config = self.folder / "lighttpd.conf"
        config.write_text(LIGHTTPD.format(port=self.port, folder=self.folder, static=self.static, backends=backends,
                                          stream=int(self.stream)), encoding="utf-8")
        arguments = [self.program, "-D", "-f", config]
        modules = self.program.parents[1] / "lib/lighttpd"
        if modules.is_dir():
            arguments += ["-m", modules]
        self._server = self.run(arguments, "lighttpd")
        self._server.wait_for_connection(self.port)

    def server_pids(self) -> list[int]:
        return [self._server.pid]


class Nginx(Peer):
    """Keeps its connections to the responder open."""

    def __init__(self, *arguments, certificate: Certificate | None = None, **options):
        super().__init__(*arguments, **options)
        self.certificate = certificate

    def start(self) -> None:
        [socket] = self.start_responders()
        self.port = free_port()
        config = self.folder / "nginx.conf"
        files = self.certificate
        config.write_text(NGINX.format(
            port=self.port, folder=self.folder, static=self.static, socket=socket,
            user="user root;" if os.geteuid() == 0 else "",  # Its worker would else not reach this folder.
            tls="ssl" if files else "",
            certificate=f"ssl_certificate {files.certificate}; ssl_certificate_key {files.key};" if files else "",
        ), encoding="utf-8")
        self._server = self.run([self.program, "-p", self.folder, "-c", config], "nginx")
        self._server.wait_for_connection(self.port)

    def server_pids(self) -> list[int]:
        return children(self._server.pid)

    def address(self, path: str) -> Address:
        return dataclasses.replace(super().address(path), tls=self.certificate is not None)
