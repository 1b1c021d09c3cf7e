"""A listener of the event bus that stops reading, while the others go on."""

import asyncio
import json
import os
import pathlib
import re
import socket
import time
import unittest
import urllib.parse

from daemon import DEADLINE, PASSWORD, SOURCE, USER, Daemon, wait_until
from outside_modules import need

websockets = need("websockets")

MIB = 1 << 20
SECONDS = float(os.environ.get("KISMET_TEST_STALL", "3"))  # For how long it does not read.
SIZE = 8000  # Bytes of an event's content.
PUBLISHER = f'{SOURCE}/tests/e2e/page_helper.py:name=publisher,args="publisher"'
# What is freed goes back: the address sanitizer else keeps hundreds of MiB of it, and that is no memory of the daemon's.
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"
PATIENT = ("feed_queue=200", "httpd_websocket_ping=1h", "httpd_write_timeout=1h")


def resident(daemon):
    status = pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) * 1024


class Listener:
    """A websocket that hears the events BURST, with what the daemon says of those that are lost."""

    @classmethod
    async def open(cls, daemon, receive_buffer=None):
        self = cls()
        sock = socket.socket()
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.connect(("127.0.0.1", daemon.port))
        sock.setblocking(False)
        login = urllib.parse.urlencode({"user": USER, "password": PASSWORD})
        self.socket = await websockets.connect(
            f"ws://127.0.0.1:{daemon.port}/eventbus/events.ws?{login}", open_timeout=DEADLINE, ping_interval=None,
            max_queue=1, sock=sock,
        )
        self.numbers, self.dropped = [], 0
        await self.socket.send(json.dumps({"SUBSCRIBE": "BURST", "envelope": True, "parsed": True}))
        await self.socket.send("and then?")
        await self.socket.recv()  # The answer to what is no request: the one before is done.
        return self

    async def read_until(self, number):
        while not self.numbers or self.numbers[-1] != number:
            event = json.loads(await asyncio.wait_for(self.socket.recv(), DEADLINE))
            self.numbers.append(event["event"]["BURST"]["number"])
            self.dropped = event.get("dropped", self.dropped)


class SlowListener(unittest.IsolatedAsyncioTestCase):
    async def test_one_that_stops_reading_loses_its_own_alone_and_costs_no_memory(self):
        asyncio.get_running_loop().set_debug(False)  # It makes the readers the slowest of all.
        with Daemon(PUBLISHER, settings=PATIENT) as daemon:
            daemon.wait_for_page("/publisher/pid")
            others = [await Listener.open(daemon) for _ in range(3)]
            stalled = await Listener.open(daemon, receive_buffer=65536)
            published, before, give_up = 0, None, time.monotonic() + SECONDS
            while time.monotonic() < give_up or published < 1000:
                target = f"/publisher/burst?count=200&size={SIZE}&first={published}"
                publishing = asyncio.create_task(asyncio.to_thread(daemon.request, "POST", target))
                published += 200
                await asyncio.gather(*(other.read_until(published - 1) for other in others))
                self.assertEqual((await publishing).text, "200")
                if published == 600:
                    before = resident(daemon)  # With what is held of the past, and for the one that does not read.
            after = resident(daemon)
            for other in others:
                self.assertEqual((other.numbers, other.dropped), (list(range(published)), 0))
            print(f"{published} events, {published * SIZE // MIB} MiB; memory {before // MIB} -> {after // MIB} MiB")
            self.assertLess(after - before, 8 * MIB)
            await stalled.read_until(published - 1)  # It goes on with what is held for it, in order.
            self.assertEqual(stalled.numbers, sorted(set(stalled.numbers)))
            self.assertEqual(len(stalled.numbers) + stalled.dropped, published)
            self.assertGreater(stalled.dropped, 0)
            await asyncio.gather(*(listener.socket.close() for listener in (*others, stalled)))
            wait_until(lambda: not daemon.get("/eventbus/feeds.json").json, "no feed is left")

    async def test_one_that_never_reads_again_is_let_go(self):
        settings = ("httpd_websocket_ping=500ms", "httpd_write_timeout=500ms")
        with Daemon(PUBLISHER, settings=settings) as daemon:
            daemon.wait_for_page("/publisher/pid")
            stalled = await Listener.open(daemon, receive_buffer=65536)
            for _ in range(6):
                await asyncio.to_thread(daemon.request, "POST", f"/publisher/burst?count=100&size={SIZE}")
            await asyncio.to_thread(
                wait_until, lambda: not daemon.get("/eventbus/feeds.json").json, "the daemon has let it go"
            )
            stalled.socket.transport.abort()


if __name__ == "__main__":
    unittest.main()
