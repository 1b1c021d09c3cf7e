"""nginx in front of a daemon, set up as docs/DEPLOY.md says."""

import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile

from daemon import DEADLINE, SOURCE, wait_until

DOCUMENT = SOURCE / "docs" / "DEPLOY.md"
PLACES = (shutil.which("nginx"), "/usr/sbin/nginx", str(SOURCE / "build" / "peers" / "usr" / "sbin" / "nginx"))
PROGRAM = next((place for place in PLACES if place and os.access(place, os.X_OK)), None)
NAME = "sensors.example"


def skip_without_nginx():
    if not PROGRAM or not shutil.which("openssl"):
        print("skipped: nginx or openssl is not there", file=sys.stderr)
        sys.exit(77)


def documented(name):
    """What the document shows as the file of that name."""
    text = DOCUMENT.read_text(encoding="utf-8")
    found = re.search(rf"<!-- [^>]*: {re.escape(name)} -->\n```\w+\n(.*?)```", text, re.DOTALL)
    return found.group(1)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Nginx:
    """A context manager: https://localhost:{port}/kismet/ is the daemon on `daemon_port`."""

    def __init__(self, daemon_port):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kismet-nginx-"))
        self.certificate, key = self.folder / "cert.pem", self.folder / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out",
             self.certificate, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
            check=True, capture_output=True,
        )
        self.port = free_port()
        server = documented("nginx.conf")
        for shown, real in (
            ("server 127.0.0.1:2501;", f"server 127.0.0.1:{daemon_port};"),
            ("listen 443 ssl;", f"listen 127.0.0.1:{self.port} ssl;"),
            ("/etc/nginx/sensors.crt", str(self.certificate)),
            ("/etc/nginx/sensors.key", str(key)),
        ):
            if shown not in server:
                raise AssertionError(f"{DOCUMENT} no longer has {shown!r}")
            server = server.replace(shown, real)
        temporary = "\n".join(
            f"{kind}_temp_path {self.folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        self.configuration = self.folder / "nginx.conf"
        self.configuration.write_text(
            f"daemon off;\npid {self.folder}/pid;\nerror_log {self.folder}/error.log;\n"
            f"events {{ worker_connections 256; }}\nhttp {{\naccess_log off;\n{temporary}\n{server}}}\n",
            encoding="utf-8",
        )
        self.url = f"https://localhost:{self.port}/kismet"

    def __enter__(self):
        self.process = subprocess.Popen(
            [PROGRAM, "-p", self.folder, "-c", self.configuration, "-e", self.folder / "error.log"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        wait_until(self._listens, "nginx listens")
        return self

    def _listens(self):
        if self.process.poll() is not None:
            raise AssertionError(f"nginx ended: {self.process.stdout.read().decode()}")
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE).close()
            return True
        except ConnectionRefusedError:
            return False

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=DEADLINE)
        self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def context(self):
        """For TLS clients that trust its certificate."""
        return ssl.create_default_context(cafile=str(self.certificate))
