#!/usr/bin/env python3
"""Sends COUNT changed requests to the daemon over sockets, and COUNT changed frames over helpers' pipes:
mutate.py COUNT [--seed N]. Each connection must end, with nothing or with answers of HTTP and none of them 500; after all
of them the daemon serves as before, on the same process, with no more descriptors, and with little more memory. The same
seed changes the same requests, and frames but for what a helper is asked and when."""

import argparse
import concurrent.futures
import pathlib
import random
import re
import socket
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

from client import Client  # noqa: E402
from daemon import DEMO, PASSWORD, USER, Daemon, wait_until  # noqa: E402
from mutations import Mutator  # noqa: E402

MIB = 1 << 20
WORKERS = 4
SETTINGS = ("helper_restart_delay=1ms", "helper_restart_longest_delay=20ms", "helper_restart_burst=0",
            "httpd_connections_per_address=0", "httpd_free_failures=1000", "httpd_header_timeout=5s", "httpd_body_timeout=5s")
WORDS = [b"\r\n", b"\r\n\r\n", b"\n", b"\0", b"%00", b"%2e%2e%2f", b"..", b"//", b"; ", b", ", b"Content-Length: 5\r\n",
         b"Transfer-Encoding: chunked\r\n", b"Expect: 100-continue\r\n", b"Connection: close\r\n", b"Upgrade: websocket\r\n",
         b"Range: bytes=0-0,-1\r\n", b"Host: localhost\r\n", b"HTTP/1.0", b"HTTP/2", b"\xff\xfe", b"\xf0\x9f\x90\x9b",
         b"?a=b&", b"{[", b"\"", b"ffffffffffffffff\r\n", b"0\r\n\r\n", b" ", b"\t", b"A" * 9000]


def requests(port):
    """What is sent well: each for another part of the server."""
    host = b"Host: localhost:%d\r\n" % port
    basic = Client.basic(USER, PASSWORD).encode() + b"\r\n"
    form = b"a=1&b=%41+c&json=%7B%22fields%22%3A%5B%22a%2Fb%22%5D%7D"
    return [
        b"GET /demo/index.html HTTP/1.1\r\n" + host + basic + b"\r\n",
        b"GET /demo/variables.html?a=1&b=%20x HTTP/1.1\r\n" + host + basic + b"Accept-Encoding: gzip;q=0.5, br\r\n\r\n",
        b"POST /demo/variables.html HTTP/1.1\r\n" + host + basic + b"Content-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: %d\r\n\r\n" % len(form) + form,
        b"POST /demo/variables.html HTTP/1.1\r\n" + host + basic + b"Transfer-Encoding: chunked\r\n\r\n"
        b"5;x=1\r\nhello\r\n0\r\nX: y\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + host + b"Range: bytes=0-10\r\nIf-None-Match: \"x\"\r\n\r\n",
        b"HEAD /app.js HTTP/1.1\r\n" + host + b"If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n",
        b"GET /system/status.prettyjson?json={\"fields\":[\"kismet.system.version\"]} HTTP/1.1\r\n" + host + basic
        + b"\r\n",
        b"GET /messagebus/last-time/-10/messages.json HTTP/1.1\r\n" + host + basic
        + b"Cookie: KISMET=0123456789abcdef; other=1\r\n\r\n",
        b"GET /eventbus/events.ws HTTP/1.1\r\n" + host + basic + b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x81\x85\0\0\0\0hello",
        b"OPTIONS * HTTP/1.1\r\n" + host + b"Origin: https://sensors.example\r\n\r\n"
        b"GET /helpers/all.json HTTP/1.1\r\n" + host + basic + b"\r\n",
    ]


def answer_to(port, data):
    """All that comes back, until the daemon ends the connection."""
    with socket.socket() as connection:
        connection.settimeout(60)
        connection.connect(("127.0.0.1", port))
        answer = bytearray()
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                answer += piece
        except (BrokenPipeError, ConnectionResetError):
            pass  # It need not read on behind what it refuses.
        return bytes(answer)


def send_requests(port, seed, count):
    """Returns how often there was which status; raises at what must not be."""
    dice = random.Random(seed)
    mutator, good, seen = Mutator(dice, WORDS), requests(port), {}
    for number in range(count):
        data = mutator.change(dice.choice(good))
        try:
            answer = answer_to(port, data)
        except TimeoutError as error:
            raise AssertionError(f"seed {seed}, request {number}: no end of the answer to {data!r}") from error
        status = re.match(rb"HTTP/1\.[01] (\d{3}) ", answer)
        if (answer and not status) or re.search(rb"HTTP/1\.[01] 500 ", answer):
            raise AssertionError(f"seed {seed}, request {number}: {data!r} was answered {answer[:500]!r}")
        kind = status.group(1).decode() if status else "none"
        seen[kind] = seen.get(kind, 0) + 1
    return seen


def vitals(daemon):
    process = pathlib.Path(f"/proc/{daemon.process.pid}")
    status = (process / "status").read_text(encoding="ascii")
    return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) * 1024, len(list((process / "fd").iterdir()))


def check_that_it_is_well(daemon, before):
    assert daemon.process.poll() is None, f"the daemon ended with {daemon.process.returncode}"
    assert daemon.get("/demo/index.html").status == 200
    wait_until(lambda: vitals(daemon)[1] <= before[1] + 2, f"no more than {before[1]} descriptors and those of a request")
    grown = vitals(daemon)[0] - before[0]
    assert grown < 64 * MIB, f"{grown / MIB:.1f} MiB more memory than before"
    return grown


def torture_requests(count, seed):
    with Daemon(DEMO, settings=SETTINGS) as daemon, concurrent.futures.ProcessPoolExecutor(WORKERS) as workers:
        daemon.wait_for_page("/demo/index.html")
        send_requests(daemon.port, seed, min(count, 500))  # To warm it up.
        before, started = vitals(daemon), time.monotonic()
        shares = [count // WORKERS + (i < count % WORKERS) for i in range(WORKERS)]
        total = {}
        for seen in workers.map(send_requests, [daemon.port] * WORKERS, range(seed + 1, seed + 1 + WORKERS), shares):
            for kind, times in seen.items():
                total[kind] = total.get(kind, 0) + times
        grown = check_that_it_is_well(daemon, before)
        print(f"{sum(total.values()):,} requests in {time.monotonic() - started:.0f} s: {dict(sorted(total.items()))}; "
              f"{grown / MIB:+.1f} MiB")


def torture_frames(count, seed):
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="kismet-test-") as folder:
        tallies = [pathlib.Path(folder) / str(i) for i in range(WORKERS)]
        for tally in tallies:
            tally.touch()
        mutants = [f'{HERE}/mutant_helper.py:name=mutant{i},restart=always,args="{i} {seed} {tally}"'
                   for i, tally in enumerate(tallies)]

        def lives():
            return [int(line) for tally in tallies for line in tally.read_text(encoding="ascii").splitlines()]

        with Daemon(DEMO, *mutants, settings=SETTINGS) as daemon:
            daemon.wait_for_page("/demo/index.html")
            wait_until(lives, "the first of them is done")
            before, started = vitals(daemon), time.monotonic()
            give_up = started + 60 + count / 100
            while (sent := sum(lives())) < count:
                assert time.monotonic() < give_up and daemon.process.poll() is None, f"it stands still at {sent} frames"
                answer_to(daemon.port, b"GET /mutant%d HTTP/1.1\r\nHost: localhost\r\n%s\r\n\r\n"
                          % (dice.randrange(WORKERS), Client.basic(USER, PASSWORD).encode()))
            for i in range(WORKERS):
                daemon.request("POST", f"/helpers/mutant{i}/stop.cmd")
            grown = check_that_it_is_well(daemon, before)
            print(f"{sent:,} frames by {len(lives()):,} helpers in {time.monotonic() - started:.0f} s; "
                  f"{grown / MIB:+.1f} MiB")


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("count", type=int)
parser.add_argument("--seed", type=int, default=1)
if __name__ == "__main__":
    arguments = parser.parse_args()
    torture_requests(arguments.count, arguments.seed)
    torture_frames(arguments.count, arguments.seed)
