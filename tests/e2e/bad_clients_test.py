"""Clients that break the rules of HTTP, or of decency. Each is answered or dropped alone, and the next page comes as ever."""

import random
import unittest

from client import Truncated
from daemon import DEMO, PASSWORD, USER, Daemon

SETTINGS = ("httpd_header_timeout=500ms", "httpd_body_timeout=500ms", "httpd_idle_timeout=500ms")


class BadClients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = cls.enterClassContext(Daemon(DEMO, settings=SETTINGS))
        cls.daemon.wait_for_helpers("/demo")

    def tearDown(self):
        self.assertEqual(self.daemon.get("/demo/index.html").status, 200)
        self.assertEqual(self.daemon.get("/demo/counters.json").json["open"], 1)

    def refused(self, request, *statuses):
        """Sends `request`: the answer has one of `statuses`, and nothing that was hidden in it is answered."""
        with self.daemon.client() as client:
            try:
                client.send(request)
                response = client.answer()
                rest = client.ended()
            except (BrokenPipeError, ConnectionResetError, Truncated):
                self.assertIn(None, statuses, request[:60])
                return
        self.assertIn(response.status, statuses, request[:60])
        self.assertNotIn(b"HTTP/1.", rest)

    def request(self, *lines, method="POST", target="/demo/variables.html"):
        basic = "Authorization: Basic dGVzdGVyOm5vdCBhIHNlY3JldA=="
        return "\r\n".join([f"{method} {target} HTTP/1.1", "Host: localhost", basic, *lines]) + "\r\n\r\n"

    def test_garbage(self):
        dice = random.Random(2)
        for _ in range(200):
            self.refused(dice.randbytes(dice.randrange(1, 300)) + b"\r\n\r\n", 400, 405, 414, 431, 501, 505, None)

    def test_a_tls_hello(self):
        hello = bytes.fromhex("16030100c8010000c40303") + bytes(200)
        self.refused(hello + b"\r\n\r\n", 400, None)

    def test_shapes_that_smuggle(self):
        inner = "GET /demo/index.html HTTP/1.1\r\nHost: localhost\r\n\r\n"
        for lines, body in (
            (("Content-Length: 5", "Transfer-Encoding: chunked"), "0\r\n\r\n" + inner),
            (("Transfer-Encoding: gzip", "Content-Length: 0"), inner),
            (("Transfer-Encoding: chunked, identity",), "0\r\n\r\n" + inner),
            (("Transfer-Encoding: xchunked", "Content-Length: 0"), inner),
            (("Transfer-Encoding : chunked",), "0\r\n\r\n" + inner),
            (("Content-Length: 0", "Content-Length: 50"), inner),
            (("Content-Length: +5",), "hello" + inner),
            (("Content-Length: 0x5",), "hello" + inner),
            (("Content-Length: 5, 5",), "hello" + inner),
            (("Transfer-Encoding: chunked",), "zz\r\n\r\n" + inner),
            (("Transfer-Encoding: chunked",), "fffffffffffffffff\r\n" + inner),
            (("X-A: b", " folded: c"), inner),
            (("X-A: b\nX-B: c",), inner),
            (("Host: other",), inner),
            (("X-\0A: b",), inner),
        ):
            with self.subTest(lines):
                self.refused(self.request(*lines) + body, 400, 411, 501, None)

    def test_no_host_or_a_strange_one(self):
        for head in ("GET / HTTP/1.1", "GET / HTTP/1.1\r\nHost: a b", "GET / HTTP/1.1\r\nHost: a/b"):
            self.refused(head + "\r\n\r\n", 400)

    def test_a_foreign_host_name_is_refused_on_loopback(self):
        self.refused("GET / HTTP/1.1\r\nHost: rebind.example\r\nConnection: close\r\n\r\n", 400, 403, 421)

    def test_a_hundred_kilobytes_of_headers(self):
        self.refused(self.request(*(f"X-{n}: {'v' * 90}" for n in range(1000)), method="GET"), 431, None)

    def test_a_target_without_end(self):
        self.refused(self.request(method="GET", target="/" + "a" * 100_000), 414, None)

    def test_a_body_over_the_limit(self):
        self.refused(self.request("Content-Length: 100000000"), 413)
        self.refused(self.request("Content-Length: 99999999999999999999"), 400, 413)

    def test_half_a_request_and_none_at_all_are_not_waited_for(self):
        for part in ("", "GET", self.request(method="GET")[:-2], self.request("Content-Length: 10") + "half"):
            with self.daemon.client() as client:
                client.send(part)
                rest = client.ended()  # It is the daemon that ends it.
                if rest:
                    self.assertTrue(rest.startswith(b"HTTP/1.1 408 "), rest[:60])

    def test_a_request_byte_by_byte_is_a_request(self):
        with self.daemon.client() as client:
            for byte in self.request("Content-Length: 5", "Content-Type: application/x-www-form-urlencoded") + "a=b&c":
                client.send(byte)
            self.assertIn("<td>a</td><td>b</td>", client.answer().text)

    def test_an_expect_continue_is_continued(self):
        with self.daemon.client() as client:
            kind = "Content-Type: application/x-www-form-urlencoded"
            client.send(self.request("Content-Length: 3", "Expect: 100-continue", kind))
            self.assertEqual(client.head().status, 100)
            client.send("a=b")
            self.assertIn("<td>a</td><td>b</td>", client.answer().text)

    def test_many_that_say_nothing(self):
        clients = [self.daemon.client() for _ in range(200)]
        self.assertEqual(self.daemon.get("/demo/index.html").status, 200)
        for client in clients:
            client.ended()
            client.close()

    def test_a_foreign_page_may_not_post(self):
        with self.daemon.client() as client:
            headers = [client.basic(USER, PASSWORD), "Origin: http://evil.example"]
            client.ask("POST", "/demo/message.html", headers=headers, form="text=evil")
            self.assertEqual(client.answer().status, 403)
        self.assertEqual(self.daemon.count_lines("demo.*evil"), 0)


if __name__ == "__main__":
    unittest.main()
