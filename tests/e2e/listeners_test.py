"""Several listeners at once: IPv4, IPv6 and unix sockets, plain and TLS; what goes wrong with them; the announcement."""

import http.client
import os
import pathlib
import signal
import socket
import ssl
import stat
import struct
import time
import unittest

from certificate import make_certificate
from daemon import DEADLINE, Daemon, wait_until


def ask(connected, target="/session/check_setup_ok", host="localhost"):
    """One request over a connected socket; returns status and the socket's certificate, if it has one."""
    connection = http.client.HTTPConnection(host)
    connection.sock = connected
    connection.request("GET", target)
    response = connection.getresponse()
    response.read()
    certificate = connected.getpeercert(binary_form=True) if isinstance(connected, ssl.SSLSocket) else None
    connection.close()
    return response.status, certificate


def tcp(port, family=socket.AF_INET):
    connected = socket.socket(family)
    connected.settimeout(DEADLINE)
    connected.connect(("::1" if family == socket.AF_INET6 else "127.0.0.1", port))
    return connected


def local(path):
    connected = socket.socket(socket.AF_UNIX)
    connected.settimeout(DEADLINE)
    connected.connect(str(path))
    return connected


def tls(connected):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(connected)


class Listeners(unittest.TestCase):
    def daemon(self, *lines, **options):
        daemon = Daemon(settings=lines, listening=False, **options)
        text = daemon.config.read_text(encoding="utf-8")
        daemon.config.write_text(text.replace("HOME", str(daemon.home)).replace("httpd_port=0\n", ""), encoding="utf-8")
        return daemon

    def ended(self, daemon):
        """Starts it, and returns its exit code and what it said."""
        daemon.start(listening=False)
        code = daemon.process.wait(timeout=DEADLINE)
        daemon._reader.join()
        daemon.process.stdout.close()
        return code, "\n".join(daemon.lines)

    def test_ipv4_ipv6_and_unix_sockets_plain_and_tls_at_once(self):
        daemon = self.daemon(
            "httpd_ssl_cert=HOME/web.crt", "httpd_ssl_key=HOME/web.key",
            "httpd_listen=127.0.0.1:0", "httpd_listen=[::1]:0,plain", "httpd_listen=127.0.0.1:0,tls",
            "httpd_listen=unix:HOME/run/web,mode=0600", "httpd_listen=unix:HOME/run/secure,tls",
        )
        make_certificate(daemon.home)
        with daemon:
            plain = int(daemon.wait_for_line(r"listening on http://127\.0\.0\.1:(\d+)/").group(1))
            six = int(daemon.wait_for_line(r"listening on http://\[::1\]:(\d+)/").group(1))
            secure = int(daemon.wait_for_line(r"listening on https://127\.0\.0\.1:(\d+)/").group(1))
            daemon.wait_for_line(r"listening on unix:\S+/run/web \(http\)")
            daemon.wait_for_line(r"listening on unix:\S+/run/secure \(https\)")
            self.assertNotIn(0, (plain, six, secure))
            run = daemon.home / "run"
            self.assertEqual(stat.S_IMODE((run / "web").stat().st_mode), 0o600)
            self.assertEqual(stat.S_IMODE((run / "secure").stat().st_mode), 0o660)
            connections = (tcp(plain), tcp(six, socket.AF_INET6), tls(tcp(secure)), local(run / "web"),
                           tls(local(run / "secure")))
            for connected in connections:
                self.assertEqual(ask(connected)[0], 406)
            # Behind a name that a page was rebound to there is nothing on loopback; a unix socket has no such name.
            for connected, status in ((tcp(plain), 421), (tcp(six, socket.AF_INET6), 421), (local(run / "web"), 406)):
                self.assertEqual(ask(connected, host="evil.example")[0], status)
            daemon.stop()
            self.assertEqual(list(run.iterdir()), [])

    def test_a_new_certificate_is_served_by_every_listener_after_sighup(self):
        daemon = self.daemon(
            "httpd_ssl_cert=HOME/web.crt", "httpd_ssl_key=HOME/web.key", "httpd_ssl=true",
            "httpd_listen=127.0.0.1:0", "httpd_listen=unix:HOME/web,tls",
        )
        make_certificate(daemon.home)
        with daemon:
            port = int(daemon.wait_for_line(r"listening on https://127\.0\.0\.1:(\d+)/").group(1))
            daemon.wait_for_line(r"listening on unix:")
            connects = (lambda: tls(tcp(port)), lambda: tls(local(daemon.home / "web")))
            before = {ask(connect())[1] for connect in connects}
            self.assertEqual(len(before), 1)
            make_certificate(daemon.home)
            daemon.process.send_signal(signal.SIGHUP)
            give_up = time.monotonic() + DEADLINE
            for connect in connects:
                while ask(connect())[1] in before:
                    self.assertLess(time.monotonic(), give_up)
                    time.sleep(0.01)
            self.assertEqual(len({ask(connect())[1] for connect in connects}), 1)

    def test_a_first_login_may_be_set_over_a_unix_socket(self):
        daemon = self.daemon("httpd_listen=unix:HOME/web", login=False)
        with daemon:
            daemon.wait_for_line(r"listening on unix:")
            connection = http.client.HTTPConnection("localhost")
            connection.sock = local(daemon.home / "web")
            connection.request("POST", "/session/set_password", "username=ada&password=correct+horse",
                               {"Content-Type": "application/x-www-form-urlencoded"})
            self.assertEqual(connection.getresponse().status, 200)
            connection.close()
            daemon.wait_for_line(f"unix:uid={os.geteuid()}")  # Who did it.

    def test_a_socket_that_a_killed_daemon_left_is_replaced_and_one_in_use_is_not(self):
        daemon = self.daemon("httpd_listen=unix:HOME/web")
        with daemon:
            daemon.wait_for_line(r"listening on unix:")
            daemon.process.kill()
            daemon.process.wait()
            daemon._reader.join()
            daemon.process.stdout.close()
            self.assertTrue((daemon.home / "web").is_socket())
            daemon.start(listening=False)
            daemon.wait_for_line(r"listening on unix:")
            second = self.daemon(f"httpd_listen=unix:{daemon.home}/web")
            code, said = self.ended(second)
            second.remove()
            self.assertEqual(code, 2)
            self.assertRegex(said, r"cannot listen on unix:\S+/web: Address already in use \(\S+kismet.conf:\d+\)")
            self.assertEqual(ask(local(daemon.home / "web"))[0], 406)  # The first goes on.

    def test_lines_that_are_wrong_are_refused_with_file_and_line(self):
        for line, reason in (
            ("127.0.0.1", "has no port"),
            ("::1:2501", "needs brackets"),
            ("[127.0.0.1]:2501", "brackets, which are for IPv6"),
            ("*:2501", "is not an IPv4 or IPv6 address"),
            ("localhost:2501", "is not an IPv4 or IPv6 address"),
            ("127.0.0.1:99999", "the port"),
            ("127.0.0.1:1,tsl", 'unknown "tsl"; known are tls, plain'),
            ("127.0.0.1:1,mode=0600", "mode= is for unix sockets"),
            ("127.0.0.1:1,tls", "tls needs httpd_ssl_cert"),
            ("127.0.0.1:1,tls,plain", "exclude each other"),
            ("unix:web", "is not an absolute path"),
            ("unix:/tmp/x,mode=9", "octal"),
            ("unix:/tmp/x,group=no-such-group", "no-such-group"),
        ):
            with self.subTest(line):
                daemon = self.daemon(f"httpd_listen={line}")
                code, said = self.ended(daemon)
                daemon.remove()
                self.assertEqual(code, 1)
                self.assertRegex(said, r"kismet\.conf:\d+: error: httpd_listen: ")
                self.assertIn(reason, said)

    def test_two_lines_for_one_address_are_refused_and_older_options_beside_them_are_told(self):
        daemon = self.daemon("httpd_listen=127.0.0.1:1", "httpd_listen+=127.0.0.1:1,plain", "httpd_bind_address=::1")
        code, said = self.ended(daemon)
        daemon.remove()
        self.assertEqual(code, 1)
        self.assertRegex(said, r"error: httpd_listen: 127\.0\.0\.1:1 is taken by \S+kismet\.conf:\d+")
        self.assertRegex(said, r"warning: httpd_bind_address has no effect beside httpd_listen")


class Announcement(unittest.TestCase):
    def test_it_tells_who_and_where_it_is(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
            ear.settimeout(DEADLINE)
            ear.bind(("127.0.0.1", 0))
            uuid = "7f9c24e8-3b12-4b3f-9d2a-0123456789ab"
            settings = ("server_announce=true", "server_announce_address=127.0.0.1", "server_name=north",
                        f"server_announce_port={ear.getsockname()[1]}", f"server_uuid={uuid}")
            with Daemon(settings=settings) as daemon:
                packet = ear.recv(1000)
                self.assertEqual(len(packet), 102)
                tag, version, http_port, remote, seconds, micro, told, name = struct.unpack("!QHIIQQ36s32s", packet)
                self.assertEqual((tag, version, http_port, remote), (0x4B49534D4554, 1, daemon.port, 0))
                self.assertLess(abs(seconds + micro / 1e6 - time.time()), DEADLINE)
                self.assertEqual((told.decode(), name), (uuid, b"north".ljust(32, b"\0")))
                daemon.wait_for_line("server_announce.*only this machine reaches")
                self.assertEqual(len(ear.recv(1000)), 102)  # And again.


class Home(unittest.TestCase):
    def test_a_home_that_cannot_be_written_is_told_at_start(self):
        folder = "%h/no/such"  # More than the folder itself is missing.
        with Daemon(login=False, settings=(f"configdir={folder}", f"httpd_session_db={folder}/session.db",
                                           f"httpd_auth_file={folder}/auth")) as daemon:
            daemon.wait_for_line(r"/no/such cannot be written \(No such file or directory\): sessions and API keys end with "
                                 r"the daemon; no login can be set")
            daemon.wait_for_line("UUID cannot be kept")

    def test_what_it_writes_is_not_for_everybody(self):
        with Daemon(settings=("enable_logging=true", "log_prefix=%h/logs")) as daemon:
            home = pathlib.Path(daemon.home)
            logs = wait_until(lambda: list((home / "logs").glob("*")), "a log is there")
            files = [home / ".kismet" / "kismet_server_id.conf", *logs]
            for file in files:
                self.assertEqual(file.stat().st_mode & 0o007, 0, file)


if __name__ == "__main__":
    unittest.main()
