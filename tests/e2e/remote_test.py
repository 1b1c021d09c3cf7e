"""Helpers that connect by themselves: who is let in, who is not, and what becomes of one that is lost."""

import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest

from client import Client
from control_test import page, wait_for_state
from daemon import DEADLINE, DEMO, PASSWORD, SOURCE, USER, Daemon, wait_until
from remote_helpers import REMOTE, Guest, Program, api_key, remote_daemon, remote_port, url_of

PATHS = ("/external/helper.ws", "/datasource/remote/remotesource.ws")


def command(daemon, name, what):
    return daemon.request("POST", f"/helpers/{name}/{what}.cmd", form="json={}")


def wait_for_uri(daemon, name):
    wait_until(lambda: page(daemon, name)["kismet.helper.uris"], f"{name} has registered")


class Remote(unittest.TestCase):
    def test_one_that_is_killed_is_gone_and_may_come_back(self):
        with remote_daemon("far:transport=tcp") as daemon:
            wait_for_state(daemon, "far", "waiting")
            for pid in range(2):
                with Program(url_of(daemon, "tcp"), "far", "--prefix=/far") as program:
                    daemon.wait_for_page("/far/index.html")
                    program.process.kill()
                    wait_for_state(daemon, "far", "gone")
                response = daemon.get("/far/index.html")
                self.assertEqual(response.status, 503)
                self.assertTrue(response.header("Retry-After"))
            self.assertEqual(page(daemon, "far")["kismet.helper.starts"], 2)

    def test_one_that_is_lost_is_noticed_within_its_limit(self):
        keep_alive = "ping_interval=100ms,ping_timeout=500ms"
        for transport in ("tcp", "websocket"):
            with self.subTest(transport=transport), remote_daemon(f"far:transport={transport},{keep_alive}") as daemon:
                key = api_key(daemon, "helper")
                with Program(url_of(daemon, transport), "far", "--prefix=/far", key=key) as program:
                    daemon.wait_for_page("/far/index.html")
                    program.process.send_signal(signal.SIGSTOP)
                    wait_for_state(daemon, "far", "gone")
                daemon.wait_for_line("helper far: was lost: has not answered PING for 500 ms")
                with Program(url_of(daemon, transport), "far", "--prefix=/far", key=key):
                    daemon.wait_for_page("/far/index.html")

    def test_it_is_stopped_and_started_by_hand(self):
        with remote_daemon("far:transport=tcp") as daemon:
            with Program(url_of(daemon, "tcp"), "far", "--prefix=/far") as program:
                daemon.wait_for_page("/far/index.html")
                self.assertEqual(command(daemon, "far", "stop").status, 200)
                self.assertEqual(program.ended()[0], 0)
            wait_for_state(daemon, "far", "stopped")
            self.assertEqual(daemon.get("/far/index.html").status, 404)
            with Guest.over_tcp(daemon) as guest:
                guest.send("SYSTEMREGISTER", (1, "far"))
                self.assertEqual(guest.farewell(), "helper far is stopped")
                self.assertIsNone(guest.read())
            self.assertEqual(command(daemon, "far", "start").status, 200)
            with Program(url_of(daemon, "tcp"), "far", "--prefix=/far") as program:
                daemon.wait_for_page("/far/index.html")
                self.assertEqual(command(daemon, "far", "restart").status, 200)
                self.assertEqual(program.ended()[0], 0)
            wait_for_state(daemon, "far", "waiting")

    def test_a_name_in_use_is_refused_while_its_owner_answers(self):
        with remote_daemon("far:transport=tcp") as daemon:
            with Program(url_of(daemon, "tcp"), "far", "--prefix=/far"):
                daemon.wait_for_page("/far/index.html")
                with Guest.over_tcp(daemon) as guest:
                    guest.send("SYSTEMREGISTER", (1, "far"))
                    self.assertRegex(guest.farewell(), r"the name far is in use by 127\.0\.0\.1:\d+")
                self.assertEqual(daemon.get("/far/index.html").status, 200)

    def test_a_name_whose_owner_does_not_answer_goes_to_the_next(self):
        with remote_daemon("far:transport=tcp", settings=("remote_check_timeout=200ms",)) as daemon:
            with Program(url_of(daemon, "tcp"), "far", "--prefix=/far") as stopped:
                daemon.wait_for_page("/far/index.html")
                stopped.process.send_signal(signal.SIGSTOP)
                with Program(url_of(daemon, "tcp"), "far", "--prefix=/other"):
                    daemon.wait_for_page("/other/index.html")

    def test_who_is_not_expected_is_told_so(self):
        with remote_daemon("far:transport=tcp", settings=("remote_identify_timeout=300ms", "remote_refusals_a_second=99")) as daemon:
            for wire in ("v0", "v2"):
                with Guest.over_tcp(daemon, wire) as guest:
                    guest.send("SYSTEMREGISTER", (1, "nobody"))
                    self.assertEqual(guest.farewell(), 'no helper has the subsystem "nobody"')
                with Guest.over_tcp(daemon, wire) as guest:
                    guest.send("KDSNEWSOURCE", (1, "x"), (2, "y"), (3, "z"))
                    self.assertIn("does not capture", guest.farewell())
            with Guest.over_tcp(daemon) as guest:
                guest.socket.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                self.assertIsNone(guest.read())
            with Guest.over_tcp(daemon) as guest:  # Says nothing.
                self.assertIsNone(guest.read())
            daemon.wait_for_line("has not said who it is within 0.3 s")
            wait_for_state(daemon, "far", "waiting")

    def test_one_that_does_not_say_who_it_is_is_known_by_its_address(self):
        with remote_daemon("far:transport=tcp,subsystem=tcp:127.0.0.1") as daemon:
            with Guest.over_tcp(daemon, "v0") as guest:
                guest.send("HTTPREGISTERURI", (1, "/far/page"), (2, "GET"))
                wait_for_uri(daemon, "far")
                with daemon.client() as client:
                    client.ask("GET", "/far/page", headers=[Client.basic(USER, PASSWORD)])
                    guest.answer_one("from afar")
                    self.assertEqual(client.answer().text, "from afar")

    def test_many_silent_connections_cost_little_and_harm_nobody(self):
        with remote_daemon(DEMO, "far:transport=tcp", settings=("remote_unidentified_limit=8",)) as daemon:
            port = remote_port(daemon)
            silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(200)]
            try:
                daemon.wait_for_line("too many have not said who they are")
                daemon.wait_for_page("/demo/index.html")
            finally:
                for one in silent:
                    one.close()
            wait_until(lambda: daemon.count_lines(r"refused \d+ more connections of helpers"), "the rest is counted")
            self.assertLess(daemon.count_lines("refused a helper's connection"), 60)

            def served():
                with Program(url_of(daemon, "tcp"), "far", "--prefix=/far") as program:
                    wait_until(
                        lambda: program.process.poll() is not None or daemon.get("/far/index.html").status == 200, "it ends"
                    )
                    return program.process.poll() is None

            wait_until(served, "there is room again")

    def test_the_python_library_connects_too(self):
        for transport in ("tcp", "websocket"):
            for wire in ("v0", "v2"):
                with self.subTest(transport=transport, wire=wire), remote_daemon(f"far:transport={transport}") as daemon:
                    url, key = url_of(daemon, transport), api_key(daemon, "helper")
                    with Program(url, "far", f"--wire={wire}", "--prefix=/far", language="python", key=key) as program:
                        daemon.wait_for_page("/far/index.html")
                        content = daemon.get("/far/download.bin?size=300000").content
                        self.assertTrue(content == (bytes(range(256)) * 1200)[:300000])
                        command(daemon, "far", "stop")
                        self.assertEqual(program.ended()[0], 0)

    def test_a_library_that_handles_one_frame_a_read_is_never_behind(self):
        """One that never says who it is either, as the public Python library; over TCP nothing tells what it has read."""
        publisher = f'{SOURCE}/tests/e2e/page_helper.py:name=publisher,args="publisher"'
        with remote_daemon("far:transport=tcp,subsystem=tcp:127.0.0.1", publisher) as daemon:
            daemon.wait_for_page("/publisher/pid")
            with socket.create_connection(("127.0.0.1", remote_port(daemon))) as connected:
                fd = connected.fileno()
                program = [sys.executable, f"{SOURCE}/tests/e2e/one_frame_a_read.py", f"--in-fd={fd}", f"--out-fd={fd}"]
                library = subprocess.Popen(program, pass_fds=[fd])
            try:
                daemon.wait_for_page("/one-frame/heard")
                self.assertEqual(daemon.request("POST", "/publisher/burst?count=1000").text, "1000")
                wait_until(lambda: daemon.get("/one-frame/heard").text == "1000", "all events have arrived")
                clients = [daemon.client() for _ in range(10)]
                for client in clients:
                    client.ask("GET", "/one-frame/slow", headers=[Client.basic(USER, PASSWORD)])
                for client in clients:
                    self.assertEqual(client.answer().text, "slow")
                    client.close()
                command(daemon, "far", "stop")
                self.assertEqual(library.wait(timeout=DEADLINE), 0)
            finally:
                library.kill()
                library.wait()

    def test_a_websocket_takes_a_login_of_the_right_role(self):
        with remote_daemon("far:transport=websocket") as daemon:
            for role, path in (("helper", PATHS[0]), ("datasource", PATHS[1]), ("admin", PATHS[1])):
                with Program(url_of(daemon, "ws", path), "far", "--prefix=/far", key=api_key(daemon, role)):
                    daemon.wait_for_page("/far/index.html")
                wait_for_state(daemon, "far", "gone")
            with Program(url_of(daemon, "ws", PATHS[0]), "far", key=api_key(daemon, "readonly")) as program:
                code, said = program.ended()
                self.assertEqual(code, 1)
                self.assertIn("403", said)
            with Program(url_of(daemon, "ws", PATHS[0]), "far") as program:
                code, said = program.ended()
                self.assertEqual(code, 1)
                self.assertIn("401", said)

    def test_an_address_that_cannot_be_had_is_a_message(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            with Daemon(DEMO, settings=("remote_capture_enabled=true", f"remote_capture_port={port}")) as daemon:
                daemon.wait_for_line(f"helpers cannot connect: .*{port}.*in use")
                daemon.wait_for_page("/demo/index.html")


class Tls(unittest.TestCase):
    """TCP with TLS and client certificates, made by openssl."""

    @classmethod
    def setUpClass(cls):
        if not shutil.which("openssl"):
            raise unittest.SkipTest("openssl is not installed")
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.certificate("ca", "-x509", "-subj", "/CN=the test's authority")
        for name in ("server", "sensor-7", "stranger"):
            signed = () if name == "stranger" else ("-CA", f"{cls.folder}/ca.pem", "-CAkey", f"{cls.folder}/ca.key")
            cls.certificate(name, "-x509", "-subj", f"/CN={name}", *signed)

    @classmethod
    def certificate(cls, name, *arguments):
        key = ["-newkey", "rsa:2048", "-nodes", "-keyout", f"{cls.folder}/{name}.key", "-out", f"{cls.folder}/{name}.pem"]
        subprocess.run(["openssl", "req", *key, "-days", "2", *arguments], check=True, capture_output=True)

    def daemon(self, *helpers, ca="ca.pem"):
        files = [f"remote_capture_ssl_cert={self.folder}/server.pem", f"remote_capture_ssl_key={self.folder}/server.key"]
        if ca:
            files.append(f"remote_capture_client_ca={self.folder}/{ca}")
        return Daemon(*helpers, settings=(*REMOTE, "remote_capture_ssl=true", *files))

    def guest(self, daemon, certificate=None):
        context = ssl.create_default_context(cafile=f"{self.folder}/ca.pem")
        context.check_hostname = False
        if certificate:
            context.load_cert_chain(f"{self.folder}/{certificate}.pem", f"{self.folder}/{certificate}.key")
        plain = socket.create_connection(("127.0.0.1", remote_port(daemon)))
        return Guest(context.wrap_socket(plain))

    def serves(self, daemon, guest):
        guest.send("SYSTEMREGISTER", (1, "far"))
        guest.send("HTTPREGISTERURI", (1, "/far/page"), (2, "GET"))
        wait_for_uri(daemon, "far")
        self.assertEqual(page(daemon, "far")["kismet.helper.transport"], "tls")
        with daemon.client() as client:
            client.ask("GET", "/far/page", headers=[Client.basic(USER, PASSWORD)])
            guest.answer_one("x" * 100_000)
            self.assertEqual(client.answer().text, "x" * 100_000)

    def test_a_helper_speaks_tls(self):
        with self.daemon("far:transport=tcp", ca=None) as daemon, self.guest(daemon) as guest:
            self.serves(daemon, guest)

    def test_a_definition_binds_a_certificate_to_its_name(self):
        with self.daemon("far:transport=tcp,client_certificate=sensor-7", DEMO) as daemon:
            with self.guest(daemon, "server") as guest:  # Signed by the authority, but of another name.
                guest.send("SYSTEMREGISTER", (1, "far"))
                self.assertEqual(guest.farewell(), "helper far needs a certificate of the name sensor-7")
            with self.guest(daemon, "sensor-7") as guest:
                self.serves(daemon, guest)

    def test_who_shows_no_trusted_certificate_does_not_come_in(self):
        with self.daemon("far:transport=tcp") as daemon:
            for certificate in (None, "stranger"):
                with self.subTest(certificate=certificate), self.assertRaises((OSError, TypeError, AssertionError)):
                    with self.guest(daemon, certificate) as guest:
                        guest.send("SYSTEMREGISTER", (1, "far"))
                        guest.farewell()
            with Guest.over_tcp(daemon) as plain:  # Without TLS.
                plain.send("SYSTEMREGISTER", (1, "far"))
                self.assertIsNone(plain.read())
            self.assertEqual(page(daemon, "far")["kismet.helper.state"], "waiting")


if __name__ == "__main__":
    unittest.main()
