"""Websocket clients that we did not write speak with the daemon: Python's websockets, and npm's ws where node has it."""

import asyncio
import pathlib
import shutil
import subprocess
import sys
import unittest
import urllib.parse

from daemon import DEADLINE, PASSWORD, USER, Daemon
from outside_modules import need

websockets = need("websockets")
MIB = 1 << 20


def url(daemon, path="/debug/echo.ws"):
    login = urllib.parse.urlencode({"user": USER, "password": PASSWORD})
    return f"ws://127.0.0.1:{daemon.port}{path}?{login}"


class Clients(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = cls.enterClassContext(Daemon(settings=("httpd_debug_echo=true",)))

    def connect(self, **options):
        return websockets.connect(url(self.daemon), max_size=4 * MIB, open_timeout=DEADLINE, **options)

    async def test_text_and_binary_come_back_as_they_were(self):
        async with self.connect() as socket:
            for message in ("", "hello", "grüße \N{GRINNING FACE}", b"", b"\x00\xff" * 1000, "x" * 125, "x" * 126,
                            "x" * 65535, b"x" * 65536):
                await socket.send(message)
                self.assertEqual(await socket.recv(), message)

    async def test_a_message_in_fragments_comes_back_whole(self):
        async with self.connect() as socket:
            await socket.send(["one ", "two ", "", "three"])
            self.assertEqual(await socket.recv(), "one two three")
            await socket.send([bytes([n]) * 1000 for n in range(100)])
            self.assertEqual(await socket.recv(), b"".join(bytes([n]) * 1000 for n in range(100)))

    async def test_a_mebibyte_comes_back(self):
        async with self.connect() as socket:
            for message in ("x" * MIB, bytes(range(256)) * (MIB // 256)):
                await socket.send(message)
                self.assertEqual(await socket.recv(), message)

    async def test_more_than_a_mebibyte_closes_with_1009(self):
        async with self.connect() as socket:
            await socket.send("x" * (MIB + 1))
            with self.assertRaises(websockets.ConnectionClosed) as closed:
                await socket.recv()
            self.assertEqual(closed.exception.rcvd.code, 1009)

    async def test_pings_are_answered_between_messages(self):
        async with self.connect() as socket:
            for payload in (b"", b"x" * 125):
                pong = await socket.ping(payload)
                await asyncio.wait_for(pong, DEADLINE)
            await socket.send("after")
            self.assertEqual(await socket.recv(), "after")

    async def test_the_client_closes_with_its_code_and_gets_it_back(self):
        for code in (1000, 1001, 3000, 4999):
            async with self.connect() as socket:
                await socket.close(code, "done")
                self.assertEqual(socket.close_code, code)

    async def test_text_that_is_no_utf8_closes_with_1007(self):
        async with self.connect() as socket:
            # The library itself sends only valid text.
            await socket.write_frame(True, 1, b"\xff\xfe")
            with self.assertRaises(websockets.ConnectionClosed) as closed:
                await socket.recv()
            self.assertEqual(closed.exception.rcvd.code, 1007)

    async def test_without_a_login_there_is_no_websocket(self):
        for path in ("/debug/echo.ws", "/eventbus/events.ws"):
            with self.assertRaises(websockets.InvalidStatusCode) as refused:
                await websockets.connect(f"ws://127.0.0.1:{self.daemon.port}{path}")
            self.assertEqual(refused.exception.status_code, 401)

    async def test_many_clients_at_once(self):
        async def talk(n):
            async with self.connect() as socket:
                for i in range(20):
                    await socket.send(f"{n}:{i}")
                    self.assertEqual(await socket.recv(), f"{n}:{i}")

        await asyncio.gather(*(talk(n) for n in range(50)))


class NodeClient(unittest.TestCase):
    def test_ws_of_node_says_and_hears_everything(self):
        if not shutil.which("node") or not pathlib.Path("/usr/share/nodejs/ws").exists():
            self.skipTest("there is no node with ws")
        with Daemon(settings=("httpd_debug_echo=true",)) as daemon:
            script = pathlib.Path(__file__).with_name("ws_client.js")
            result = subprocess.run(["node", script, url(daemon)], capture_output=True, text=True, timeout=DEADLINE)
            self.assertEqual((result.returncode, result.stdout.strip()), (0, "all went well"), result.stderr)


if __name__ == "__main__":
    sys.exit(not unittest.main(exit=False).result.wasSuccessful())
