#!/usr/bin/env python3
"""slowhttptest against the daemon, in its header, body and read modes, beside a normal client: bench/slowhttp.py.

The normal client asks for a helper's page, each time on a connection of its own, first alone and then beside the slow
connections, from their address and from another. The daemon has its default limits. Needs slowhttptest and a built daemon
with the demo helper; docs/PERFORMANCE.md has what came out.
"""
import argparse
import base64
import http.client
import pathlib
import re
import secrets
import shutil
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from harness.process import NotReady, Program  # noqa: E402

SOURCE = pathlib.Path(__file__).resolve().parents[1]
CONNECTIONS = 1000
MODES = {
    "header": ("-H", "-i", "5", "-x", "24"),
    "body": ("-B", "-i", "5", "-s", "8192", "-x", "10"),
    "read": ("-X", "-w", "1", "-y", "8", "-n", "5", "-z", "1", "-k", "3"),
}
PATHS = {"header": "/", "body": "/session/set_password", "read": "/app.js"}
PAGE = "/demo/index.html"
CONFIG = """
httpd_bind_address=127.0.0.1
httpd_port=0
httpd_username=bench
httpd_password={password}
httpd_home={source}/http_data
httpd_session_db=none
enable_logging=false
configdir={folder}
helper_binary_path={helpers}
helper=kismet_demo:name=demo
"""


class Daemon:
    def __init__(self, build, folder):
        password = secrets.token_hex(12)
        config = folder / "kismet.conf"
        config.write_text(CONFIG.format(password=password, source=SOURCE, folder=folder, helpers=build / "helpers"),
                          encoding="utf-8")
        self.program = Program([build / "server" / "kismet", "--config-file", config, "--homedir", folder],
                               folder / "kismet.log")
        self.port = self.program.wait_for_port()
        basic = base64.b64encode(f"bench:{password}".encode()).decode()
        _, headers, _ = self.ask("/session/check_login", {"Authorization": f"Basic {basic}"})
        self.cookie = {"Cookie": re.match(r"KISMET=[^;]+", headers["Set-Cookie"]).group(0)}
        end = time.monotonic() + 20
        while self.ask(PAGE, self.cookie)[0] != 200:
            if time.monotonic() > end:
                raise NotReady("the demo helper's page is not there")
            time.sleep(0.05)

    def ask(self, path, headers, source="127.0.0.1"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30, source_address=(source, 0))
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def open_connections(self):
        text = self.ask("/metrics", self.cookie)[2].decode()
        return int(float(re.search(r"^kismet_http_open_connections (\S+)", text, re.MULTILINE).group(1)))


def latencies(daemon, source, seconds):
    """Milliseconds of each request, and how many failed."""
    taken, failed = [], 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begun = time.monotonic()
        try:
            good = daemon.ask(PAGE, daemon.cookie, source)[0] == 200
        except OSError:
            good = False
        taken.append((time.monotonic() - begun) * 1000)
        failed += not good
        time.sleep(0.005)
    return taken, failed


def figures(taken):
    taken = sorted(taken)
    return statistics.median(taken), taken[int(len(taken) * 0.99)], taken[-1]


def wait_for_crowd(daemon):
    end = time.monotonic() + 30
    while (there := daemon.open_connections()) < CONNECTIONS * 0.95:
        if time.monotonic() > end:
            raise NotReady(f"only {there} slow connections came about")
        time.sleep(0.1)
    return there


def run(daemon, mode, folder, seconds):
    """Prints a row for each source address; returns whether the goal is reached."""
    command = ["slowhttptest", *MODES[mode], "-c", CONNECTIONS, "-r", 500, "-l", 60, "-p", 5,
               "-u", f"http://127.0.0.1:{daemon.port}{PATHS[mode]}"]
    reached = True
    for source in ("127.0.0.1", "127.0.0.2"):
        usual, _ = latencies(daemon, source, seconds)
        slow = Program(command, folder / f"slowhttptest-{mode}.log")
        try:
            there = wait_for_crowd(daemon)
            then, failed = latencies(daemon, source, seconds)
            left = daemon.open_connections()
        finally:
            slow.stop()
        p50, p99, longest = figures(usual)
        then_p50, then_p99, then_longest = figures(then)
        print(f"| {mode} | {source} | {there} to {left} | {p50:.2f} | {then_p50:.2f} | {then_p50 / p50:.2f} | {p99:.2f} "
              f"| {then_p99:.2f} | {longest:.1f} | {then_longest:.1f} | {failed} of {len(then)} |", flush=True)
        reached = reached and failed == 0 and then_p50 <= 2 * p50
        end = time.monotonic() + 60
        while daemon.open_connections() > 10 and time.monotonic() < end:
            time.sleep(0.2)
    return reached


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=SOURCE / "build" / "release")
    parser.add_argument("--seconds", type=float, default=8, help="of each measurement")
    parser.add_argument("--only", choices=MODES, action="append")
    options = parser.parse_args()
    if not shutil.which("slowhttptest"):
        sys.exit("slowhttptest is not there: apt-get install slowhttptest")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="kismet-slowhttp-"))
    daemon = Daemon(options.build, folder)
    print("| mode | client from | slow connections | usual p50 ms | p50 ms | ratio | usual p99 ms | p99 ms | usual longest "
          "| longest | failed |\n|" + " --- |" * 11)
    try:
        reached = [run(daemon, mode, folder, options.seconds) for mode in options.only or MODES]
    finally:
        daemon.program.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if all(reached) else 1


if __name__ == "__main__":
    sys.exit(main())
