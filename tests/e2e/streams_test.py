"""What streams: lines as they come, clients that leave, clients that are slow."""

import contextlib
import socket
import sys
import threading
import unittest

from client import Truncated
from daemon import DEMO, DEMO_PY, PASSWORD, PREFIXES, USER, Daemon, wait_until


class Streams(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = cls.enterClassContext(Daemon(DEMO, DEMO_PY))
        cls.daemon.wait_for_helpers(*PREFIXES.values())

    def each(self):
        for prefix in PREFIXES.values():
            with self.subTest(prefix):
                yield prefix

    def counters(self, prefix):
        return self.daemon.get(f"{prefix}/counters.json").json

    def open_stream(self, prefix, page="stream.txt", **options):
        client = self.daemon.client(**options)
        client.ask("GET", f"{prefix}/{page}", headers=[client.basic(USER, PASSWORD)])
        return client

    def test_a_line_arrives_before_the_next_is_due(self):
        for prefix in self.each():
            with self.open_stream(prefix) as client:
                head = client.head()
                self.assertEqual(head.header("Content-Type"), "text/plain; charset=utf-8")
                late = []
                for count, (line, came) in enumerate(client.lines(head), 1):
                    words = line.split()
                    self.assertEqual(words[:2], ["line", str(count)])
                    late.append(came - float(words[3]))
                    self.assertLess(late[-1], 1.0)
                    if count == 4:
                        break
                print(f"{prefix}: a line took", ", ".join(f"{1000 * s:.2f}" for s in late), "ms", file=sys.stderr)

    def test_a_client_that_leaves_cancels_its_request(self):
        for prefix in self.each():
            before = self.counters(prefix)["cancels"]
            with self.open_stream(prefix) as client:
                next(client.lines(client.head()))
            wait_until(lambda: self.counters(prefix)["cancels"] == before + 1, "the helper hears of it")
            self.assertEqual(self.counters(prefix)["open"], 1)

    def test_a_client_that_leaves_before_the_first_byte_cancels_too(self):
        for prefix in self.each():
            before = self.counters(prefix)
            for leave in (lambda client: client.close(), lambda client: client.reset()):
                client = self.open_stream(prefix, "events.txt")  # Its head comes with the first event.
                wait_until(lambda: self.counters(prefix)["open"] == 2, "the request arrives")
                leave(client)
                wait_until(lambda: self.counters(prefix)["open"] == 1, "the request is cancelled")
            self.assertEqual(self.counters(prefix)["cancels"], before["cancels"] + 2)

    def test_a_thousand_clients_that_vanish_leave_nothing_open(self):
        for prefix in self.each():
            before = self.counters(prefix)
            for _ in range(10):
                with contextlib.ExitStack() as all_of_them:
                    clients = [all_of_them.enter_context(self.open_stream(prefix)) for _ in range(100)]
                    for client in clients:
                        self.assertEqual(client.head().status, 200)
                    for client in clients[::2]:
                        client.reset()
            wait_until(lambda: self.counters(prefix)["open"] == 1, "no request is open but the one that asks")
            after = self.counters(prefix)
            self.assertEqual(after["pid"], before["pid"])
            self.assertEqual(after["cancels"], before["cancels"] + 1000)

    def test_a_client_that_does_not_read_holds_up_nobody(self):
        for prefix in self.each():
            with self.open_stream(prefix, "download.bin?size=30000000", receive_buffer=4096) as slow:
                slow.head()
                size = 5_000_000
                for _ in range(3):
                    self.assertEqual(len(self.daemon.get(f"{prefix}/download.bin?size={size}").content), size)
                self.assertEqual(self.daemon.get(f"{prefix}/index.html").status, 200)
                with self.open_stream(prefix) as client:
                    next(client.lines(client.head()))

    def test_a_client_too_slow_for_its_buffer_is_cut_off_alone(self):
        for prefix in self.each():
            with self.open_stream(prefix, "download.bin?size=2000000000", receive_buffer=4096) as slow:
                head = slow.head()
                wait_until(lambda: self.counters(prefix)["open"] == 1, "the download is given up")
                with self.assertRaises((Truncated, ConnectionResetError)):
                    for _ in slow.pieces(head):
                        pass
            self.assertEqual(self.daemon.get(f"{prefix}/index.html").status, 200)

    def test_downloads_side_by_side_are_not_mixed_up(self):
        wrong = []

        def download(prefix, size):
            content = self.daemon.get(f"{prefix}/download.bin?size={size}").content
            if content != (bytes(range(256)) * (size // 256 + 1))[:size]:
                wrong.append((prefix, size, len(content)))

        for prefix in self.each():
            threads = [threading.Thread(target=download, args=(prefix, 300_000 + 7 * n)) for n in range(30)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(wrong, [])

    def test_a_client_may_close_its_sending_side_and_still_read(self):
        for prefix in self.each():
            with self.open_stream(prefix, "download.bin?size=100000") as client:
                client.socket.shutdown(socket.SHUT_WR)
                # Half-closed is how some clients ask, and how most leave: either a whole answer or none is right.
                with contextlib.suppress(Truncated, ConnectionResetError):
                    self.assertEqual(len(client.answer().content), 100_000)
            self.assertEqual(self.daemon.get(f"{prefix}/index.html").status, 200)


if __name__ == "__main__":
    unittest.main()
