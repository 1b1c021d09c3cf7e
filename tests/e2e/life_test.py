"""Helpers and the daemon come and go: killed, stopped, missing, restarted."""

import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import unittest

from client import Truncated
from daemon import DEADLINE, DEMO, DEMO_PY, PASSWORD, PREFIXES, PROGRAM, USER, Daemon, alive, fake, wait_until

QUICK_RESTART = ("helper_restart_delay=50ms", "helper_restart_longest_delay=50ms")


def open_stream(daemon, prefix):
    client = daemon.client()
    client.ask("GET", f"{prefix}/stream.txt", headers=[client.basic(USER, PASSWORD)])
    return client, client.lines(client.head())


class HelpersEnd(unittest.TestCase):
    def test_a_helper_that_is_killed_cuts_its_streams_visibly_and_comes_back(self):
        with Daemon(DEMO, DEMO_PY, settings=QUICK_RESTART) as daemon:
            daemon.wait_for_helpers(*PREFIXES.values())
            for prefix, other in (("/demo", "/demo-py"), ("/demo-py", "/demo")):
                with self.subTest(prefix):
                    pid = daemon.get(f"{prefix}/counters.json").json["pid"]
                    client, lines = open_stream(daemon, prefix)
                    other_client, other_lines = open_stream(daemon, other)
                    with client, other_client:
                        next(lines), next(other_lines)
                        os.kill(pid, signal.SIGKILL)
                        with self.assertRaises((Truncated, ConnectionResetError)):
                            for _ in lines:
                                pass
                        next(other_lines)
                    page = daemon.wait_for_page(f"{prefix}/counters.json")
                    self.assertNotEqual(page.json["pid"], pid)

    def test_while_it_is_away_clients_are_told_to_try_again(self):
        with Daemon(DEMO, settings=("helper_restart_delay=3600s", "helper_restart_longest_delay=3600s",
                                    "helper_keep_uris=3600s")) as daemon:
            daemon.wait_for_helpers("/demo")
            os.kill(daemon.get("/demo/counters.json").json["pid"], signal.SIGKILL)
            response = daemon.wait_for_page("/demo/index.html", 503)
            self.assertTrue(int(response.header("Retry-After")) > 0)
            self.assertEqual(daemon.get("/demo/nothing.html").status, 404)

    def test_a_helper_that_is_not_to_be_restarted_takes_its_routes_with_it(self):
        with Daemon(f"{DEMO},restart=never", DEMO_PY) as daemon:
            daemon.wait_for_helpers(*PREFIXES.values())
            os.kill(daemon.get("/demo/counters.json").json["pid"], signal.SIGKILL)
            daemon.wait_for_page("/demo/index.html", 404)
            self.assertEqual(daemon.get("/demo-py/index.html").status, 200)

    def test_a_helper_that_cannot_be_found_is_one_clear_message(self):
        with Daemon("no_such_helper:name=ghost", "/etc/passwd:name=data", DEMO) as daemon:
            daemon.wait_for_helpers("/demo")
            line = daemon.wait_for_line("no_such_helper").string
            self.assertIn("/helpers/no_such_helper", line)  # Which paths were tried.
            daemon.wait_for_line("/etc/passwd.*(not executable|[Pp]ermission)")

    def test_a_helper_gets_its_two_pipes_and_nothing_else(self):
        with Daemon(fake("fake", "descriptors"), DEMO, DEMO_PY) as daemon:
            daemon.wait_for_helpers(*PREFIXES.values())
            daemon.wait_for_page("/fake/descriptors/ok")
            names = daemon.get("/fake/descriptors").text.split()
            self.assertEqual(len(names), 6, names)  # 0 to 2, two pipes, and the folder that is being listed.

    def test_what_a_helper_prints_is_on_the_console_with_its_name(self):
        with Daemon(fake("printer", "output_flood")) as daemon:
            daemon.wait_for_page("/fake/output_flood/ok")
            self.assertEqual(daemon.get("/fake/output_flood").text, "flooded")
            daemon.wait_for_line("printer.*output flood 0")
            self.assertLess(len(daemon.lines), 10_000)  # A flood is cut, not passed on.


class DaemonEnds(unittest.TestCase):
    def test_it_stops_in_order_whatever_goes_on(self):
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal_number), Daemon(DEMO, DEMO_PY) as daemon:
                daemon.wait_for_helpers(*PREFIXES.values())
                streams = [open_stream(daemon, prefix) for prefix in PREFIXES.values()]
                for _, lines in streams:
                    next(lines)
                idle, half = daemon.client(), daemon.client()
                half.send("GET /demo/ind")
                started = time.monotonic()
                daemon.stop(signal_number)  # Checks exit code and children.
                print(f"stopped in {time.monotonic() - started:.3f} s", file=sys.stderr)
                for client, lines in streams:
                    with self.assertRaises((Truncated, ConnectionResetError)):
                        for _ in lines:
                            pass
                    client.close()
                idle.close(), half.close()
                with self.assertRaises(ConnectionRefusedError):
                    socket.create_connection(("127.0.0.1", daemon.port))

    def test_a_helper_that_will_not_end_is_ended(self):
        settings = ("helper_shutdown_grace=200ms", "helper_terminate_grace=200ms")
        with Daemon(fake("stubborn", "stops_for_ever"), DEMO, settings=settings) as daemon:
            daemon.wait_for_page("/fake/stops_for_ever/ok")
            daemon.wait_for_helpers("/demo")
            client = daemon.client()
            client.ask("GET", "/fake/stops_for_ever", headers=[client.basic(USER, PASSWORD)])
            with client:
                daemon.stop()

    def test_no_helper_outlives_a_daemon_that_is_killed(self):
        with Daemon(DEMO, DEMO_PY, fake("stubborn", "stops_for_ever")) as daemon:
            daemon.wait_for_helpers(*PREFIXES.values())
            daemon.wait_for_page("/fake/stops_for_ever/ok")
            client = daemon.client()
            client.ask("GET", "/fake/stops_for_ever", headers=[client.basic(USER, PASSWORD)])
            children = daemon.children()
            self.assertGreaterEqual(len(children), 3)
            started = time.monotonic()
            daemon.process.kill()
            wait_until(lambda: not any(map(alive, children)), "all helpers are gone")
            print(f"all gone after {time.monotonic() - started:.3f} s", file=sys.stderr)
            daemon.process.wait()
            client.close()

    def test_a_port_that_is_taken_is_told(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            daemon = Daemon(DEMO, settings=(f"httpd_port={port}",))
            daemon.start(listening=False)
            self.assertEqual(daemon.process.wait(timeout=DEADLINE), 2)
            daemon.wait_for_line(str(port))
            daemon.__exit__(None)


class Program(unittest.TestCase):
    def run_program(self, *arguments):
        return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=DEADLINE, check=False)

    def test_version_and_help(self):
        self.assertIn("kismet", self.run_program("--version").stdout.lower())
        self.assertIn("--config-file", self.run_program("--help").stdout)

    def test_check_says_what_would_run(self):
        daemon = Daemon(DEMO, "no_such_helper:name=ghost")
        self.addCleanup(daemon.remove)
        result = subprocess.run([*daemon.arguments, "--check"], capture_output=True, text=True, timeout=DEADLINE)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("kismet_demo", result.stdout)
        self.assertIn("no_such_helper", result.stdout)
        self.assertNotIn(PASSWORD, result.stdout)

    def test_a_mistake_in_the_configuration_is_told_with_its_place(self):
        daemon = Daemon(settings=("httpd_prot=2501",))
        self.addCleanup(daemon.remove)
        result = subprocess.run([*daemon.arguments, "--check"], capture_output=True, text=True, timeout=DEADLINE)
        line = len(daemon.config.read_text(encoding="utf-8").splitlines())
        self.assertIn(f"kismet.conf:{line}", result.stdout + result.stderr)
        self.assertIn("httpd_port", result.stdout + result.stderr)

    def test_an_idle_daemon_is_small_and_soon_ready(self):
        with Daemon(DEMO, DEMO_PY) as daemon:
            daemon.wait_for_helpers(*PREFIXES.values())
            status = pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text(encoding="ascii")
            figures = dict(line.split(":\t", 1) for line in status.splitlines())
            print(f"idle: RSS {figures['VmRSS'].strip()}, {figures['Threads']} threads", file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
